//! The brands that a FHIR server itself names in its SMART configuration (SMART App Launch 2.2, User-Access Brands and Endpoints).

use super::RemoteDirectory;
use crate::abort::AbortSignal;
use crate::client::server::documents::fetch_document;
use crate::error::{DirectoryError, Failure};
use crate::fhir::directory::{DirectoryReader, Identifier, Source};
use crate::platform::{JsonView, Platform};
use crate::protocol::discovery::smart_configuration_request;
use crate::protocol::finding::Finding;
use crate::protocol::url::Url;

const SECTION: &str = "SMART App Launch 2.2, User-Access Brands and Endpoints";

/// The Bundle that a server names in its SMART configuration, with findings.
#[derive(Debug)]
#[non_exhaustive]
pub struct ServerBrands<P: Platform> {
    /// The brands; `None` if the server names no Bundle, or its URL cannot be used.
    pub brands: Option<RemoteDirectory<P>>,
    /// The number of the server's own brand in [`Directory::brands`](crate::fhir::directory::Directory::brands); `None` if the server
    /// does not say which it is. Nothing is guessed.
    pub primary: Option<usize>,
    /// Deviations from the standard.
    pub findings: Vec<Finding>,
}

impl<P: Platform> RemoteDirectory<P> {
    /// Fetches the Bundle that the server at `fhir_base` names by `user_access_brand_bundle`, and finds the brand that it names by
    /// `user_access_brand_identifier`. No client id is needed.
    ///
    /// ```no_run
    /// use smartrust::abort::AbortSignal;
    /// use smartrust::client::directory::RemoteDirectory;
    /// use smartrust::fhir::directory::DirectoryReader;
    /// # use smartrust::{platform::Platform, protocol::url::Url};
    /// # async fn example<P: Platform>(platform: P) -> Result<(), Box<dyn std::error::Error>> {
    /// let fhir_base = Url::parse("https://ehr.example/fhir")?;
    /// let own = RemoteDirectory::of_server(platform, &fhir_base, DirectoryReader::new(), &AbortSignal::never()).await?;
    /// if let (Some(brands), Some(primary)) = (&own.brands, own.primary) {
    ///     println!("{}", brands.directory().brands()[primary].name);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`DirectoryError::Unreachable`] if the SMART configuration or the Bundle cannot be fetched, and as [`RemoteDirectory::open`].
    pub async fn of_server(
        platform: P,
        fhir_base: &Url,
        reader: DirectoryReader,
        abort: &AbortSignal,
    ) -> Result<ServerBrands<P>, Failure> {
        let request =
            smart_configuration_request(fhir_base).map_err(|_| super::invalid(fhir_base, "it is not a FHIR base"))?;
        let (document, _) = fetch_document(&platform, &request).await.map_err(|problem| {
            DirectoryError::Unreachable { url: request.url.without_query().as_str().into(), problem: problem.into() }
        })?;
        let mut findings = Vec::new();
        let mut note = |message: &str| findings.push(Finding::new("brand_bundle", message, SECTION));
        let identifier = document.member("user_access_brand_identifier").map(|identifier| {
            let text = |member| identifier.member_text(member).unwrap_or_default();
            Identifier::new(text("system"), text("value"))
        });
        let url = document.member_text("user_access_brand_bundle").map(|text| Url::parse(&text));
        let url = match url {
            None => {
                if identifier.is_some() {
                    note("It has user_access_brand_identifier, but no user_access_brand_bundle.");
                }
                None
            }
            Some(Ok(url)) if url.is_confidential() => Some(url),
            Some(_) => {
                note("user_access_brand_bundle is not an absolute https URL, so it is not used.");
                None
            }
        };
        let Some(url) = url else { return Ok(ServerBrands { brands: None, primary: None, findings }) };
        let source = Source::new(url.host()).of_server();
        let brands = Self::open_as(platform, url, source, reader, abort).await?;
        let primary = brands
            .directory()
            .primary_brand(identifier.as_ref())
            .map(|primary| brands.directory().brands().iter().position(|brand| std::ptr::eq(brand, primary)));
        let primary = primary.unwrap_or_else(|finding| {
            findings.push(finding);
            None
        });
        Ok(ServerBrands { brands: Some(brands), primary, findings })
    }
}
