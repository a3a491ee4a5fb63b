//! Runs the sandbox EHR and the launcher on this machine, for people and for the browser tests.

use crate::bundle::{self, Profile};
use crate::checks;
use crate::loopback::Loopback;
use crate::serve::{SECOND_EHR, Site, StaticHost, USUAL_APP, USUAL_EHR};
use crate::{DemoOptions, site, tools, workspace};
use anyhow::{Context, Result};
use sandbox_ehr::Dialect;
use serde_json::Value;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use tokio::runtime::Runtime;

/// The path of a second copy of the launcher's site.
const MOVED: &str = "/apps/record/";
/// The path of a copy with so many clinics that the start page has a search field.
const SEVERAL: &str = "/apps/several/";
/// The path of a copy for the second EHR, where a device can stay connected.
const KEPT: &str = "/apps/kept/";

/// Builds everything, serves it with the sandbox EHR, and stops on Ctrl-C.
pub fn run(options: &DemoOptions) -> Result<()> {
    let ehr = Loopback::take(options.ehr_port, "--ehr-port")?;
    let app = Loopback::take(options.app_port, "--app-port")?;
    build(options.profile())?;
    let runtime = Runtime::new()?;
    let servers = Servers::start(&runtime, ehr, app, None, |config| options.sandbox.apply(config))?;
    print_invitation(&servers);
    if !options.no_open && open::that_detached(&servers.app_origin).is_err() {
        println!("The browser did not open by itself: go to {}", servers.app_origin);
    }
    runtime.block_on(tokio::signal::ctrl_c()).context("Ctrl-C cannot be watched for")?;
    Ok(())
}

/// Builds everything and runs the browser tests in headless Chromium: all test files, or those with `only` in their names. The exit code
/// says whether all tests passed.
pub fn check(options: &DemoOptions) -> Result<ExitCode> {
    let browser = tools::ensure_browser()?;
    tools::ensure_npm_packages()?;
    build(options.profile())?;
    with_servers(
        |config| options.sandbox.apply(config),
        |served| {
            let status = served
                .browser_tests(&browser)
                .args(&options.only)
                .status()
                .context("Node could not be started: install Node 20 or newer")?;
            Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        },
    )
}

/// The servers that the browser tests use.
pub struct Served {
    servers: Servers,
    second_ehr_origin: String,
    my_app: String,
}

impl Served {
    /// The tests that drive the served pages in headless Chromium.
    pub fn browser_tests(&self, browser: &tools::Browser) -> Command {
        let mut tests = checks::browser_tests(browser, &self.servers.ehr_origin, &self.servers.app_origin);
        tests.env("MY_APP", &self.my_app).env("SECOND_EHR_ORIGIN", &self.second_ehr_origin);
        tests
    }
}

/// As [`with_servers_of`], for the browser tests: the sandbox EHR has its control API, and a URL where no server runs yet is registered
/// for [`sandbox_ehr::MY_APP_CLIENT_ID`]. A second sandbox EHR simulates Epic, for the copy of the launcher at [`KEPT`].
pub fn with_servers<T>(
    configure: impl FnOnce(&mut sandbox_ehr::Config),
    work: impl FnOnce(&Served) -> Result<T>,
) -> Result<T> {
    let my_app = format!("{}/", Loopback::take_free()?.origin());
    let address = my_app.parse().map_err(anyhow::Error::msg)?;
    let configure = |config: &mut sandbox_ehr::Config| {
        configure(config);
        config.control = true;
        config.add_my_app(&address);
    };
    let (ehr, second_ehr, app) = (Loopback::take_free()?, Loopback::take_free()?, Loopback::take_free()?);
    let second_ehr_origin = second_ehr.origin();
    let runtime = Runtime::new()?;
    let servers = Servers::start(&runtime, ehr, app, Some(second_ehr), configure)?;
    work(&Served { servers, second_ehr_origin, my_app })
}

/// Serves the build and a sandbox EHR on free ports while `work` runs with the origins of the EHR and the app.
pub fn with_servers_of<T>(
    configure: impl FnOnce(&mut sandbox_ehr::Config),
    work: impl FnOnce(&str, &str) -> Result<T>,
) -> Result<T> {
    let (ehr, app) = (Loopback::take_free()?, Loopback::take_free()?);
    let runtime = Runtime::new()?;
    let servers = Servers::start(&runtime, ehr, app, None, configure)?;
    work(&servers.ehr_origin, &servers.app_origin)
}

fn build(profile: Profile) -> Result<()> {
    bundle::build_sdk(profile)?;
    site::build_launcher(profile)
}

/// Adds redirect URIs at the path of a copy to the launcher's clients.
fn register_copy(sandbox: &mut sandbox_ehr::Config, app_origin: &str, path: &str) {
    for client in sandbox.clients.iter_mut().filter(|client| client.id.starts_with("MIE-localhost")) {
        client.redirect_uris.extend(["code", "launch"].map(|entry| format!("{app_origin}{path}{entry}")));
    }
}

/// A copy of the launcher's site at a path, with a changed configuration.
fn copy(path: &str, change: impl FnOnce(&mut Value) -> Result<()>) -> Result<PathBuf> {
    let name = match path.trim_matches('/') {
        "" => "home".to_owned(),
        path => path.replace('/', "-"),
    };
    let folder = workspace::target_folder().join("site-copies").join(name);
    site::copy_launcher(USUAL_APP, path, change, &folder)?;
    Ok(folder)
}

/// Removes the list of providers from a configuration.
fn remove_list(configuration: &mut Value) -> Result<()> {
    configuration.as_object_mut().context("the configuration is not an object")?.remove("directory");
    Ok(())
}

/// Adds clinics to a configuration without a list of providers, up to this number.
fn add_clinics(configuration: &mut Value, clinics: usize) -> Result<()> {
    remove_list(configuration)?;
    for number in 2..=clinics {
        let mut clinic = configuration["servers"][0].clone();
        clinic["name"] = format!("portal-{number}").into();
        clinic["label"] = format!("Clinic number {number}").into();
        configuration["connect"].as_array_mut().context("connect is not an array")?.push(clinic["name"].clone());
        configuration["servers"].as_array_mut().context("servers is not an array")?.push(clinic);
    }
    Ok(())
}

/// Configures the patients' server so that a device can stay connected.
fn add_software_id(configuration: &mut Value, sandbox: &sandbox_ehr::Config) -> Result<()> {
    let server = &mut configuration["servers"][0];
    let client = sandbox.clients.iter().find(|client| server["clientId"] == *client.id);
    server["softwareId"] = client.context("the launcher's client is not registered")?.software_id().into();
    Ok(())
}

/// The servers run until their runtime is dropped.
struct Servers {
    ehr_origin: String,
    app_origin: String,
    ready_made_token: Option<String>,
}

impl Servers {
    fn start(
        runtime: &Runtime,
        ehr: Loopback,
        app: Loopback,
        second_ehr: Option<Loopback>,
        configure: impl FnOnce(&mut sandbox_ehr::Config),
    ) -> Result<Self> {
        let _inside = runtime.enter();
        let (ehr_origin, app_origin) = (ehr.origin(), app.origin());
        let mut sandbox = sandbox_ehr::Config::new(&*ehr_origin).app_origin(&app_origin);
        configure(&mut sandbox);
        let ready_made_token = sandbox.ready_made_token().map(str::to_owned);
        let first = match sandbox.dialect {
            Dialect::Epic => copy("/", |configuration| add_software_id(configuration, &sandbox))?,
            _ => workspace::launcher_site(),
        };
        let mut folders = vec![first, copy(MOVED, |_| Ok(()))?, copy(SEVERAL, |all| add_clinics(all, 7))?];
        register_copy(&mut sandbox, &app_origin, MOVED);
        let second_ehr_origin = second_ehr.as_ref().map(Loopback::origin).unwrap_or_default();
        if let Some(second_ehr) = second_ehr {
            let mut sandbox = sandbox_ehr::Config::new(&*second_ehr_origin).app_origin(&app_origin);
            (sandbox.dialect, sandbox.control) = (Dialect::Epic, true);
            register_copy(&mut sandbox, &app_origin, KEPT);
            folders.push(copy(KEPT, |configuration| {
                *configuration = serde_json::from_str(&configuration.to_string().replace(USUAL_EHR, SECOND_EHR))?;
                remove_list(configuration)?;
                add_software_id(configuration, &sandbox)
            })?);
            tokio::spawn(sandbox_ehr::serve(sandbox, second_ehr.listen()?, std::future::pending()));
        }
        let knows_v1_alone = sandbox.dialect == Dialect::Hiebus;
        let host = StaticHost {
            app_origin: app_origin.clone(),
            ehr_origin: ehr_origin.clone(),
            second_ehr_origin,
            sites: folders.into_iter().map(Site::open).collect::<Result<_>>()?,
            package: workspace::package_folder(),
            plain_page: workspace::root().join("examples/plain-html"),
            knows_v1_alone,
        };
        tokio::spawn(sandbox_ehr::serve(sandbox, ehr.listen()?, std::future::pending()));
        tokio::spawn(host.serve(app.listen()?));
        Ok(Servers { ehr_origin, app_origin, ready_made_token })
    }
}

fn print_invitation(servers: &Servers) {
    let Servers { ehr_origin, app_origin, ready_made_token, .. } = servers;
    let logins = sandbox_ehr::sample_logins();
    println!(
        "
smartrust is running.

  Launcher     {app_origin}
  Sandbox EHR  {ehr_origin}/webchart.cgi
  Plain page   {app_origin}/plain-html/"
    );
    if let Some(patient) = logins.patients.first() {
        println!(
            "
As a patient   Open the launcher, type \"eye erie\" to find a clinic, and press Connect. Log in as {} with the password {}.
               Click what you do not want to share, then press Allow.",
            patient.user_name, patient.password
        );
    }
    if let Some(token) = ready_made_token {
        println!("\nTo paste       {token}\n               is an access token for the record of the first patient.");
    }
    println!(
        "
As a provider  Open the sandbox EHR and log in as {} with the password {}.
               Choose a patient, then click the launcher in the FHIR Launch portlet.

More           cargo xtask demo --help, and examples/sandbox-ehr/README.md

Ctrl-C stops both.",
        logins.provider.user_name, logins.provider.password
    );
}
