//! An app that a provider opened from a chart follows the chart, by the sandbox's hub.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use smartrust::client::hub::{Decision, Hub, HubChange, HubState, HubView, SubscribeOptions};
use smartrust::memory::{MemoryPlatform, MemorySocket};
use smartrust::platform::{Navigator as _, Spawn as _};
use smartrust::protocol::fhircast::event::resource_item;
use smartrust::{Failure, ServerRecord, Session};
use smartrust_tests::browser::{BASE, FHIR, LAUNCH_URI};
use smartrust_tests::{Clinic, app};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

type Wire = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// A clinic whose sandbox listens for WebSockets, and an app that was opened from the chart of patient 1.
struct Ward {
    clinic: Clinic,
    tab: MemoryPlatform,
    session: Session<MemoryPlatform>,
    port: u16,
    wires: Vec<(MemorySocket, Wire, usize)>,
}

impl Ward {
    fn open(scope: &str) -> Self {
        let mut clinic = Clinic::open_with(|mut config| {
            config.control = true;
            config
        });
        let port = clinic.do_in_browser(async |person| {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let port = listener.local_addr().unwrap().port();
            tokio::spawn(axum::serve(listener, person.router()).into_future());
            port
        });
        let link = clinic.do_in_browser(async |person| {
            person.log_in_as_provider().await;
            person.get(&format!("{BASE}?f=launch&pat_id=1&app=0")).await
        });
        let tab = clinic.world.tab(link.location());
        let record = ServerRecord::new(FHIR, "MIE-localhost-launch", LAUNCH_URI, scope);
        let app = app(&tab, record);
        let address = clinic.launch(&tab, &app).unwrap();
        let back = clinic.do_in_browser(async |person| person.get(&address).await);
        tab.visit(back.location());
        let session = clinic.resume(&app).unwrap().unwrap();
        assert!(tab.location().is_some());
        Self { clinic, tab, session, port, wires: Vec::new() }
    }

    /// Carries messages between the app's WebSockets and the sandbox's until something has come true.
    fn carry_until(&mut self, what: &str, is_done: impl Fn() -> bool) {
        for _ in 0..200 {
            self.clinic.world.settle();
            if is_done() {
                return;
            }
            let (sockets, port) = (self.clinic.world.sockets(), self.port);
            let mut wires = std::mem::take(&mut self.wires);
            wires = self.clinic.do_in_browser(async move |_| {
                for socket in sockets.into_iter().skip(wires.len()) {
                    let url = socket.url().replace("localhost:9080", &format!("127.0.0.1:{port}"));
                    let (wire, _) = connect_async(url).await.unwrap();
                    wires.push((socket, wire, 0));
                }
                for (socket, wire, sent) in &mut wires {
                    for text in socket.sent().into_iter().skip(*sent) {
                        *sent += 1;
                        let _ = wire.send(Message::Text(text.into())).await;
                    }
                    // A connection that is lost or closed has a last message, and `None` from then on.
                    while let Ok(message) = tokio::time::timeout(Duration::from_millis(20), wire.next()).await {
                        match message {
                            Some(Ok(Message::Text(text))) => socket.send(&text),
                            Some(Ok(Message::Binary(_))) => socket.send_binary(),
                            Some(Ok(Message::Close(_))) => socket.close(1000),
                            Some(Ok(_)) => {}
                            Some(Err(_)) | None => {
                                socket.close(1006);
                                break;
                            }
                        }
                    }
                }
                wires
            });
            self.wires = wires;
        }
        panic!("it never came true that {what}");
    }

    fn subscribe(&mut self, decision: Decision) -> Result<Hub<MemoryPlatform>, Failure> {
        let hub = self.session.hub()?;
        let (subscribing, outcome) = (hub.clone(), Rc::new(RefCell::new(None)));
        let slot = outcome.clone();
        self.tab.spawn(Box::pin(async move {
            let options = SubscribeOptions::new(["Patient-open", "Patient-close"]).name("Growth chart");
            let subscribed = subscribing.subscribe(options, move |_| std::future::ready(Ok(decision.clone()))).await;
            *slot.borrow_mut() = Some(subscribed);
        }));
        self.carry_until("the subscription was answered", || outcome.borrow().is_some());
        outcome.take().unwrap().map(|()| hub)
    }

    fn open_chart(&mut self, patient: u32) {
        let page =
            self.clinic.do_in_browser(async |person| person.get(&format!("{BASE}?f=chart&pat_id={patient}")).await);
        assert_eq!(page.status.as_u16(), 200);
    }
}

const SCOPE: &str = "launch openid patient/*.rs fhircast/Patient-open.* fhircast/Patient-close.read";

#[test]
fn x5_x11_the_app_is_locked_when_the_chart_opens_another_patient() {
    let mut ward = Ward::open(SCOPE);
    let hub = ward.subscribe(Decision::Refuse("The user stays.".into())).unwrap();
    assert_eq!((hub.state(), hub.view()), (HubState::Synced, HubView::Open));
    let views = Rc::new(RefCell::new(Vec::new()));
    let seen = views.clone();
    let _listener = hub.on_change(move |change| {
        if let HubChange::View(view) = change {
            seen.borrow_mut().push(view.clone());
        }
    });
    ward.open_chart(2);
    let behind = hub.clone();
    ward.carry_until("the app has refused", || behind.state() == HubState::Behind);
    // The name came with the event: the session may not read the other patient.
    let name = match &views.borrow()[0] {
        HubView::Locked { patient: Some(name) } => name.clone(),
        other => panic!("{other:?}"),
    };
    assert!(name.contains(' '), "{name}");
    assert_eq!(views.borrow()[1], HubView::Open);
    // The app refuses every event: the hub's current context says where the others are.
    let socket = ward.clinic.world.sockets()[0].clone();
    let answered = socket.sent().len();
    ward.open_chart(3);
    ward.carry_until("the next event was answered", || socket.sent().len() > answered);
    let other = hub.clone();
    let current = ward.clinic.world.run(async move { other.current().await }).unwrap().unwrap().unwrap();
    assert_eq!(current.context[0].resource().unwrap()["id"], "3");
}

#[test]
fn x15_x20_the_app_opens_a_patient_and_leaves() {
    let mut ward = Ward::open(SCOPE);
    let hub = ward.subscribe(Decision::Follow).unwrap();
    let (opening, outcome) = (hub.clone(), Rc::new(RefCell::new(None)));
    let slot = outcome.clone();
    let patient = format!(r#"{{"resourceType":"Patient","id":"{}"}}"#, ward.session.patient().unwrap());
    ward.tab.spawn(Box::pin(async move {
        *slot.borrow_mut() = Some(opening.open("Patient-open", vec![resource_item("patient", &patient)]).await);
    }));
    ward.carry_until("the hub has told all", || outcome.borrow().is_some());
    assert_eq!((outcome.take().unwrap(), hub.state()), (Ok(()), HubState::Synced));
    let leaving = hub.clone();
    ward.clinic.world.run(async move { leaving.unsubscribe().await }).unwrap();
    assert_eq!((hub.state(), ward.clinic.world.sockets()[0].closed_by_page()), (HubState::Off, Some(1000)));
}

#[test]
fn x17_x18_x23_the_app_survives_what_a_hub_may_do() {
    let mut ward = Ward::open(SCOPE);
    ward.clinic.order_deviations(&serde_json::json!({"deviations": ["hub-denied"]}));
    let denied = ward.subscribe(Decision::Follow).unwrap_err();
    assert!(denied.code() == "hub_refused" && denied.message().contains("The session has ended"), "{denied}");
    // Other tabs would learn of the denial first.
    ward.clinic.wait(1);

    ward.clinic.order_deviations(&serde_json::json!({"deviations": ["hub-flood"]}));
    let hub = ward.subscribe(Decision::Refuse("No.".into())).unwrap();
    let (flooded, last) = (hub.clone(), ward.clinic.world.sockets().len() - 1);
    let socket = ward.clinic.world.sockets()[last].clone();
    ward.carry_until("some of the flood was answered", || socket.sent().len() >= 20);
    assert_eq!(flooded.state(), HubState::Behind);

    ward.clinic.order_deviations(&serde_json::json!({"deviations": ["hub-lost"]}));
    ward.open_chart(3);
    let lost = ward.clinic.world.sockets()[last].clone();
    ward.carry_until("the connection is lost", || !lost.is_open());
    assert_eq!(hub.state(), HubState::Behind);
}

#[test]
fn x1_a_launch_without_scopes_for_events_has_no_hub() {
    let mut ward = Ward::open("launch openid patient/*.rs");
    assert_eq!(ward.subscribe(Decision::Follow).unwrap_err().code(), "hub_unavailable");
}
