//! Runs the sandbox EHR and the launcher on this machine, for people and for the browser tests.

use crate::bundle::{self, Profile};
use crate::checks;
use crate::loopback::Loopback;
use crate::serve::{Site, StaticHost, USUAL_APP};
use crate::{DemoOptions, site, tools, workspace};
use anyhow::{Context, Result};
use std::process::ExitCode;
use tokio::runtime::Runtime;

/// The path of a second copy of the launcher's site.
const MOVED: &str = "/apps/record/";
/// The path of a copy with so many clinics that the start page has a search field.
const SEVERAL: &str = "/apps/several/";

/// Builds everything, serves it with the sandbox EHR, and stops on Ctrl-C.
pub fn run(options: &DemoOptions) -> Result<()> {
    let ehr = Loopback::take(options.ehr_port, "--ehr-port")?;
    let app = Loopback::take(options.app_port, "--app-port")?;
    build(options.profile())?;
    let runtime = Runtime::new()?;
    let servers = Servers::start(&runtime, ehr, app, |config| options.sandbox.apply(config))?;
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
        |ehr_origin, app_origin, my_app| {
            let status = checks::browser_tests(&browser, ehr_origin, app_origin)
                .env("MY_APP", my_app)
                .args(&options.only)
                .status()
                .context("Node could not be started: install Node 20 or newer")?;
            Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        },
    )
}

/// As [`with_servers_of`], for the browser tests: the sandbox EHR has its control API, and a URL where no server runs yet is registered
/// for [`sandbox_ehr::MY_APP_CLIENT_ID`] and passed to `work`.
pub fn with_servers<T>(
    configure: impl FnOnce(&mut sandbox_ehr::Config),
    work: impl FnOnce(&str, &str, &str) -> Result<T>,
) -> Result<T> {
    let my_app = format!("{}/", Loopback::take_free()?.origin());
    let address = my_app.parse().map_err(anyhow::Error::msg)?;
    let configure = |config: &mut sandbox_ehr::Config| {
        configure(config);
        config.control = true;
        config.add_my_app(&address);
    };
    with_servers_of(configure, |ehr_origin, app_origin| work(ehr_origin, app_origin, &my_app))
}

/// Serves the build and a sandbox EHR on free ports while `work` runs with the origins of the EHR and the app.
pub fn with_servers_of<T>(
    configure: impl FnOnce(&mut sandbox_ehr::Config),
    work: impl FnOnce(&str, &str) -> Result<T>,
) -> Result<T> {
    let (ehr, app) = (Loopback::take_free()?, Loopback::take_free()?);
    let runtime = Runtime::new()?;
    let servers = Servers::start(&runtime, ehr, app, configure)?;
    work(&servers.ehr_origin, &servers.app_origin)
}

fn build(profile: Profile) -> Result<()> {
    bundle::build_sdk(profile)?;
    site::build_launcher(profile)
}

/// Adds redirect URIs at [`MOVED`] to the launcher's clients.
fn register_moved(sandbox: &mut sandbox_ehr::Config, app_origin: &str) {
    for client in sandbox.clients.iter_mut().filter(|client| client.id.starts_with("MIE-localhost")) {
        client.redirect_uris.extend(["code", "launch"].map(|entry| format!("{app_origin}{MOVED}{entry}")));
    }
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
        configure: impl FnOnce(&mut sandbox_ehr::Config),
    ) -> Result<Self> {
        let _inside = runtime.enter();
        let (ehr_origin, app_origin) = (ehr.origin(), app.origin());
        let mut sandbox = sandbox_ehr::Config::new(&*ehr_origin).app_origin(&app_origin);
        configure(&mut sandbox);
        let ready_made_token = sandbox.ready_made_token().map(str::to_owned);
        let mut sites = vec![Site::open(workspace::launcher_site())?];
        for (path, clinics) in [(MOVED, 1), (SEVERAL, 7)] {
            let copy = workspace::target_folder().join("site-copies").join(path.trim_matches('/').replace('/', "-"));
            site::copy_launcher(USUAL_APP, path, clinics, &copy)?;
            sites.push(Site::open(copy)?);
        }
        register_moved(&mut sandbox, &app_origin);
        let knows_v1_alone = sandbox.dialect == sandbox_ehr::Dialect::Hiebus;
        let host = StaticHost {
            app_origin: app_origin.clone(),
            ehr_origin: ehr_origin.clone(),
            sites,
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
