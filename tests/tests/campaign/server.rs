//! A FHIR server with a few resources, and a network that causes random faults.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};
use smartrust::memory::{Reply, World};
use smartrust::protocol::http::{Method, Request};

pub const NOW: f64 = 1_700_000_000.0;
pub const BASE: &str = "https://ehr.example/fhir";
pub const TYPES: [(&str, usize); 3] = [("Patient", 1), ("Condition", 13), ("Observation", 64)];
/// The number of files for each type.
const FILES: usize = 3;
const PAGE: usize = 9;
/// The lifetime of an access token, in seconds.
const TOKEN_SECONDS: u32 = 120;

/// All resources of a type.
pub fn truth(kind: &str) -> Vec<Value> {
    let count = TYPES.iter().find(|(name, _)| *name == kind).map_or(0, |(_, count)| *count);
    let resource = |number: usize| {
        let text = "é".repeat(number % 5);
        match kind {
            "Patient" => json!({ "resourceType": kind, "id": "p1", "name": [{ "family": "Doé" }] }),
            _ => json!({ "resourceType": kind, "id": format!("{}{number}", &kind[..1]),
                         "subject": { "reference": "Patient/p1" }, "note": [{ "text": text }] }),
        }
    };
    (1..=count).map(resource).collect()
}

/// The resources of the file at this place in the manifest.
pub fn truth_of_file(file: usize) -> Vec<Value> {
    let all = truth(TYPES[file / FILES].0);
    let size = all.len().div_ceil(FILES);
    all.chunks(size).nth(file % FILES).unwrap_or_default().to_vec()
}

/// The server. Its responses are correct; the network damages them.
pub struct Server {
    random: RefCell<ChaCha8Rng>,
    /// The probability of a fault, for each request.
    pub harm: Cell<f64>,
    /// The number of faults so far.
    pub done: Cell<u32>,
    /// The number of the only valid access token.
    token: Cell<u32>,
    polls: Cell<u32>,
}

impl Server {
    pub fn new(seed: u64) -> Rc<Self> {
        let random = RefCell::new(ChaCha8Rng::seed_from_u64(seed));
        let (harm, done, token, polls) = Default::default();
        Rc::new(Self { random, harm, done, token, polls })
    }

    pub fn world(self: &Rc<Self>) -> World {
        let server = self.clone();
        World::new(NOW, move |request| server.answer(request))
    }

    fn answer(&self, request: &Request) -> Reply {
        let (is_harmed, piece, kind) = {
            let mut random = self.random.borrow_mut();
            (random.gen_bool(self.harm.get()), random.gen_range(1..400), random.gen_range(0..10))
        };
        if !is_harmed {
            return self.truthful(request).in_pieces_of(piece);
        }
        self.done.set(self.done.get() + 1);
        match kind {
            0 => Reply::text(503, "out of order"),
            1 | 2 => {
                let seconds = self.random.borrow_mut().gen_range(0..8);
                Reply::text(if kind == 1 { 503 } else { 429 }, "").header("Retry-After", &seconds.to_string())
            }
            3 => Reply::offline(),
            4 => self.cut(self.truthful(request)).interrupted().in_pieces_of(piece),
            5 | 6 => self.cut(self.truthful(request)).in_pieces_of(piece),
            7 => {
                self.token.set(self.token.get() + 1);
                self.truthful(request).in_pieces_of(piece)
            }
            8 => {
                let late = self.random.borrow_mut().gen_range(0..90_000);
                self.truthful(request).in_pieces_of(piece).after(late)
            }
            _ => Reply::text(502, "<html>bad gateway</html>"),
        }
    }

    /// The same response with a part of its body.
    fn cut(&self, mut reply: Reply) -> Reply {
        if !reply.body.is_empty() {
            let mut end = self.random.borrow_mut().gen_range(0..reply.body.len());
            while !reply.body.is_char_boundary(end) {
                end -= 1;
            }
            // Usually between two lines, so that nothing looks damaged.
            if self.random.borrow_mut().gen_bool(0.8) {
                end = reply.body[..end].rfind('\n').map_or(end, |line| line + 1);
            }
            reply.body.truncate(end);
        }
        reply
    }

    fn truthful(&self, request: &Request) -> Reply {
        let path = request.url.path();
        match path {
            "/fhir/.well-known/smart-configuration" => Reply::json(
                200,
                &json!({ "authorization_endpoint": "https://ehr.example/authorize",
                         "token_endpoint": "https://ehr.example/token", "capabilities": [],
                         "code_challenge_methods_supported": ["S256"] }),
            ),
            "/token" => {
                self.token.set(self.token.get() + 1);
                let number = self.token.get();
                Reply::json(
                    200,
                    &json!({ "access_token": format!("t{number}"), "token_type": "Bearer", "expires_in": TOKEN_SECONDS,
                             "refresh_token": format!("r{number}"), "patient": "p1",
                             "scope": "launch/patient offline_access patient/*.rs" }),
                )
            }
            _ if path.ends_with("/.well-known/openid-configuration") || path.ends_with("/metadata") => {
                Reply::text(404, "nothing here")
            }
            _ if request.authorization() != Some(&format!("Bearer t{}", self.token.get())) => {
                Reply::text(401, "").header("WWW-Authenticate", "Bearer")
            }
            "/fhir/Patient/$export" => {
                self.polls.set(3);
                Reply { status: 202, ..Reply::default() }.header("Content-Location", "https://ehr.example/jobs/1")
            }
            "/jobs/1" => self.status(),
            _ if path.starts_with("/files/") => file(path),
            _ if request.method == Method::Get => page(request),
            _ => Reply::text(405, ""),
        }
    }

    fn status(&self) -> Reply {
        if self.polls.get() > 0 {
            self.polls.set(self.polls.get() - 1);
            return Reply { status: 202, ..Reply::default() }.header("Retry-After", "5");
        }
        let output: Vec<Value> = (0..TYPES.len() * FILES)
            .map(|file| {
                let url = format!("https://ehr.example/files/{file}");
                json!({ "type": TYPES[file / FILES].0, "url": url, "count": truth_of_file(file).len() })
            })
            .collect();
        Reply::json(200, &json!({ "requiresAccessToken": true, "output": output, "error": [] }))
    }
}

fn file(path: &str) -> Reply {
    let number: usize = path.trim_start_matches("/files/").parse().expect("the manifest's own addresses are fetched");
    let lines: String = truth_of_file(number).iter().map(|resource| format!("{resource}\n")).collect();
    Reply::text(200, &lines)
}

/// A page of a search. The URL of the next page has its offset.
fn page(request: &Request) -> Reply {
    let path = request.url.path().trim_start_matches("/fhir/");
    let (kind, begin) = path.split_once('/').map_or((path, 0), |(kind, begin)| (kind, begin.parse().unwrap_or(0)));
    let all = truth(kind);
    let entry: Vec<Value> = all.iter().skip(begin).take(PAGE).map(|resource| json!({ "resource": resource })).collect();
    let mut bundle = json!({ "resourceType": "Bundle", "type": "searchset", "total": all.len(), "entry": entry });
    if begin + PAGE < all.len() {
        bundle["link"] = json!([{ "relation": "next", "url": format!("{BASE}/{kind}/{}", begin + PAGE) }]);
    }
    Reply::json(200, &bundle)
}
