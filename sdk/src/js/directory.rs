//! `Directory` for JavaScript.

use std::rc::Rc;

use js_sys::{Array, Date, Promise};
use wasm_bindgen::prelude::*;

use super::abort::Forwarded;
use super::error::{json_argument, to_js_error};
use super::instance::promise;
use super::value::{findings, object, optional_text, text};
use crate::client::directory::{RemoteDirectory, ServerBrands};
use crate::error::{Error, Failure};
use crate::fhir::directory::{Brand, Directory, DirectoryEndpoint, DirectoryReader, Match, Place, Portal, Source};
use crate::platform::JsonView;
use crate::protocol::url::Url;
use crate::web::WebPlatform;

/// A directory of FHIR servers.
#[wasm_bindgen(js_name = Directory)]
pub struct JsDirectory {
    opened: Opened,
}

/// Where the directory is.
enum Opened {
    /// At a URL.
    Remote(Rc<RemoteDirectory<WebPlatform>>),
    /// In Bundles that the caller has.
    Given(Directory),
}

/// Fetches a directory.
#[wasm_bindgen(js_name = openDirectory)]
pub fn open_directory(url: String, older_versions: Vec<String>, signal: JsValue) -> Promise {
    promise(async move {
        let forwarded = Forwarded::new(signal)?;
        let url = parse_url(&url)?;
        let remote =
            RemoteDirectory::open(WebPlatform::default(), url, reader(older_versions), &forwarded.signal()).await?;
        Ok(JsDirectory { opened: Opened::Remote(Rc::new(remote)) }.into())
    })
}

/// Fetches the brands that a server names in its SMART configuration: an object with the directory and the server's own brand, each of which may be
/// `null`, and findings.
#[wasm_bindgen(js_name = openServerBrands)]
pub fn open_server_brands(fhir_base: String, older_versions: Vec<String>, signal: JsValue) -> Promise {
    promise(async move {
        let forwarded = Forwarded::new(signal)?;
        let base = Url::parse(&fhir_base).map_err(|problem| Error::Url { what: "the FHIR base".into(), problem })?;
        let (reader, signal) = (reader(older_versions), forwarded.signal());
        let found = RemoteDirectory::of_server(WebPlatform::default(), &base, reader, &signal).await?;
        Ok(server_brands_object(found))
    })
}

/// Reads Bundles.
#[wasm_bindgen(js_name = readDirectory)]
pub fn read_directory(bundles: Vec<JsValue>, older_versions: Vec<String>) -> Result<JsDirectory, JsValue> {
    let mut reader = reader(older_versions);
    for bundle in bundles {
        let bundle = json_argument(bundle, "source").map_err(|failure| to_js_error(&failure))?;
        if bundle.member_text("resourceType").as_deref() != Some("Bundle") {
            return Err(to_js_error(&Error::configuration("source", "it is neither a URL nor a Bundle").into()));
        }
        reader.start(Source::new(bundle.member_text("id").unwrap_or_default()));
        reader.read_bundle(&bundle);
    }
    Ok(JsDirectory { opened: Opened::Given(reader.finish()) })
}

#[wasm_bindgen(js_class = Directory)]
impl JsDirectory {
    /// The matches of a search, and the number of all.
    pub fn search(&self, words: &str, limit: f64) -> JsValue {
        self.with(|directory| {
            // A cast of a number that is out of range returns the nearest one.
            let (matches, total) = directory.search_all(words, limit as usize);
            let matches = matches.iter().map(|found| match_object(directory, found)).collect::<Array>();
            object(&[("total", count(total)), ("matches", matches.into())])
        })
    }

    /// The brand at a URL, or `null`.
    #[wasm_bindgen(js_name = findByUrl)]
    pub fn find_by_url(&self, url: &str) -> Result<JsValue, JsValue> {
        let url = parse_url(url).map_err(|failure| to_js_error(&failure))?;
        Ok(self.with(|directory| {
            directory.find_by_url(&url).map_or(JsValue::NULL, |brand| brand_object(directory, brand))
        }))
    }

    /// Fetches the facilities.
    #[wasm_bindgen(js_name = loadFacilities)]
    pub fn load_facilities(&self, signal: JsValue) -> Promise {
        let remote = self.remote();
        promise(async move {
            let forwarded = Forwarded::new(signal)?;
            if let Some(remote) = remote {
                remote.load_facilities(&forwarded.signal()).await?;
            }
            Ok(JsValue::UNDEFINED)
        })
    }

    /// Fetches the directory again. Returns whether it has changed.
    pub fn refresh(&self, signal: JsValue) -> Promise {
        let remote = self.remote();
        promise(async move {
            let forwarded = Forwarded::new(signal)?;
            Ok(match remote {
                Some(remote) => remote.refresh(&forwarded.signal()).await?.into(),
                None => false.into(),
            })
        })
    }

    /// What it has, and what was left out.
    pub fn describe(&self) -> JsValue {
        self.with(|directory| {
            let sources = directory.sources().iter().map(source_object).collect::<Array>();
            object(&[
                ("sources", sources.into()),
                ("brands", count(directory.brands().len())),
                ("facilities", count(directory.facility_count())),
                ("findings", findings(&directory.findings(Date::now()))),
            ])
        })
    }

    fn with<T>(&self, read: impl FnOnce(&Directory) -> T) -> T {
        match &self.opened {
            Opened::Remote(remote) => read(&remote.directory()),
            Opened::Given(directory) => read(directory),
        }
    }

    fn remote(&self) -> Option<Rc<RemoteDirectory<WebPlatform>>> {
        match &self.opened {
            Opened::Remote(remote) => Some(remote.clone()),
            Opened::Given(_) => None,
        }
    }
}

fn reader(older_versions: Vec<String>) -> DirectoryReader {
    older_versions.into_iter().fold(DirectoryReader::new(), DirectoryReader::older_version)
}

fn parse_url(url: &str) -> Result<Url, Failure> {
    Url::parse(url).map_err(|problem| Error::Url { what: "the directory".into(), problem }.into())
}

fn server_brands_object(found: ServerBrands<WebPlatform>) -> JsValue {
    let ServerBrands { brands, primary, findings: problems } = found;
    let own = brands.as_ref().zip(primary).and_then(|(brands, primary)| {
        let directory = brands.directory();
        directory.brands().get(primary).map(|brand| brand_object(&directory, brand))
    });
    let directory = brands.map(|brands| JsDirectory { opened: Opened::Remote(Rc::new(brands)) }.into());
    object(&[
        ("directory", directory.unwrap_or(JsValue::NULL)),
        ("brand", own.unwrap_or(JsValue::NULL)),
        ("findings", findings(&problems)),
    ])
}

fn count(number: usize) -> JsValue {
    (number as u32).into()
}

fn strings<'a>(texts: impl IntoIterator<Item = &'a String>) -> JsValue {
    texts.into_iter().map(|item| text(item)).collect::<Array>().into()
}

fn match_object(directory: &Directory, found: &Match<'_>) -> JsValue {
    let place = found.place.as_ref().map_or(JsValue::NULL, |matched| {
        object(&[
            ("name", text(&matched.name)),
            ("isBrand", matched.is_brand.into()),
            ("address", place_object(&matched.place)),
        ])
    });
    object(&[
        ("brand", brand_object(directory, found.brand)),
        ("place", place),
        ("matched", object(&[("count", count(found.matched)), ("of", count(found.of))])),
    ])
}

fn brand_object(directory: &Directory, brand: &Brand) -> JsValue {
    object(&[
        ("name", text(&brand.name)),
        ("aliases", strings(&brand.aliases)),
        ("website", optional_text(brand.website.as_deref())),
        ("places", brand.places.iter().map(place_object).collect::<Array>().into()),
        ("portals", brand.portals.iter().map(portal_object).collect::<Array>().into()),
        ("source", directory.sources().get(brand.source).map_or(JsValue::UNDEFINED, source_object)),
    ])
}

fn portal_object(portal: &Portal) -> JsValue {
    object(&[
        ("name", optional_text(portal.name.as_deref())),
        ("description", optional_text(portal.description.as_deref())),
        ("url", optional_text(portal.url.as_deref())),
        ("endpoints", portal.endpoints.iter().map(endpoint_object).collect::<Array>().into()),
    ])
}

fn endpoint_object(endpoint: &DirectoryEndpoint) -> JsValue {
    object(&[
        ("fhirBase", text(endpoint.fhir_base.as_str())),
        ("fhirVersions", strings(&endpoint.fhir_versions)),
        ("name", optional_text(endpoint.name.as_deref())),
    ])
}

fn place_object(place: &Place) -> JsValue {
    object(&[("city", text(&place.city)), ("state", text(&place.state)), ("postalCode", text(&place.postal_code))])
}

fn source_object(source: &Source) -> JsValue {
    object(&[("name", text(&source.name)), ("date", optional_text(source.date.as_deref()))])
}
