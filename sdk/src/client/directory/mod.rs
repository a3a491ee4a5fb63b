//! Fetches a directory of FHIR servers: a Bundle, or the list that a build made of Bundles. May import `server/`.
//!
//! No request of this module has a token, and a search sends no request: what a user types stays on the device.

mod fetch;
mod server_brands;

pub use server_brands::ServerBrands;

use std::cell::{Ref, RefCell};

use fetch::{Fetched, fetch_text};

use crate::abort::AbortSignal;
use crate::error::{DirectoryError, Error, Failure};
use crate::fhir::directory::{Directory, DirectoryReader, DirectoryTextError, FacilitiesReader, Source};
use crate::platform::{JsonView, Platform};
use crate::protocol::url::Url;

/// The largest Bundle that is read, in bytes. A larger one makes a page wait for minutes, so a build makes a list of it.
pub const MAX_BUNDLE_BYTES: usize = 8 * 1024 * 1024;
/// The largest file of a list that a build made, in bytes.
const MAX_LIST_BYTES: usize = 64 * 1024 * 1024;
/// How many facilities are read at once. A page can react to its user in between.
const FACILITIES_AT_ONCE: usize = 2_000;

/// A directory at a URL.
///
/// ```no_run
/// use smartrust::abort::AbortSignal;
/// use smartrust::client::directory::RemoteDirectory;
/// use smartrust::fhir::directory::DirectoryReader;
/// # use smartrust::{platform::Platform, protocol::url::Url};
/// # async fn example<P: Platform>(platform: P) -> Result<(), Box<dyn std::error::Error>> {
/// let url = Url::parse("https://app.example/directory/directory.json")?;
/// let remote = RemoteDirectory::open(platform, url, DirectoryReader::new(), &AbortSignal::never()).await?;
/// for found in remote.directory().search("mercy springfield", 20) {
///     println!("{} ({} of {} places)", found.brand.name, found.matched, found.of);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct RemoteDirectory<P: Platform> {
    platform: P,
    url: Url,
    /// The source of the entries of a Bundle.
    source: Source,
    /// Reads Bundles.
    reader: DirectoryReader,
    directory: RefCell<Directory>,
    /// The version of the Bundle or of the list's description.
    etag: RefCell<Option<String>>,
    /// The file with the facilities, which is not loaded yet.
    facilities: RefCell<Option<Url>>,
}

impl<P: Platform> RemoteDirectory<P> {
    /// Fetches a Bundle of brands and endpoints, which `reader` reads, or the `directory.json` of a list that `cargo xtask directory` made. Of a list, only the brands are
    /// fetched; call [`RemoteDirectory::load_facilities`] for the rest.
    ///
    /// # Errors
    /// [`DirectoryError::Unreachable`], [`DirectoryError::TooLarge`] for a Bundle of more than 8 MB, [`DirectoryError::Invalid`],
    /// [`Error::Aborted`].
    pub async fn open(platform: P, url: Url, reader: DirectoryReader, abort: &AbortSignal) -> Result<Self, Failure> {
        let source = Source::new(url.host());
        Self::open_as(platform, url, source, reader, abort).await
    }

    async fn open_as(
        platform: P,
        url: Url,
        source: Source,
        reader: DirectoryReader,
        abort: &AbortSignal,
    ) -> Result<Self, Failure> {
        let Fetched::Text { text, etag } = fetch_text(&platform, &url, None, MAX_BUNDLE_BYTES, abort).await? else {
            return Err(invalid(&url, "the server returned no document"));
        };
        let (directory, facilities) = read(&platform, &url, &source, reader.clone(), &text, abort).await?;
        Ok(Self {
            platform,
            url,
            source,
            reader,
            directory: RefCell::new(directory),
            etag: RefCell::new(etag),
            facilities: RefCell::new(facilities),
        })
    }

    /// The directory as it was fetched last.
    pub fn directory(&self) -> Ref<'_, Directory> {
        self.directory.borrow()
    }

    /// Fetches the facilities of a list, and reads them in steps, so that a page can react to its user in between. Without them, searches
    /// find brands only.
    ///
    /// # Errors
    /// As [`RemoteDirectory::open`]. The brands can still be searched, and this can be called again.
    pub async fn load_facilities(&self, abort: &AbortSignal) -> Result<(), Failure> {
        let Some(url) = self.facilities.borrow().clone() else { return Ok(()) };
        if let Fetched::Text { text, .. } = fetch_text(&self.platform, &url, None, MAX_LIST_BYTES, abort).await? {
            let mut reader = FacilitiesReader::new(text);
            loop {
                let read = reader.step(&self.directory.borrow(), FACILITIES_AT_ONCE);
                if read.map_err(|error| invalid_text(&url, &error))? {
                    break;
                }
                self.platform.sleep(0).await;
                if abort.is_aborted() {
                    return Err(Error::Aborted.into());
                }
            }
            // A refresh in the meantime may have brought other brands, to which these facilities do not belong.
            if self.facilities.borrow_mut().take_if(|wanted| *wanted == url).is_some() {
                reader.finish(&mut self.directory.borrow_mut());
            }
        }
        Ok(())
    }

    /// Fetches the directory again, unless the server says by its ETag that it has not changed. Returns whether it has changed.
    ///
    /// # Errors
    /// As [`RemoteDirectory::open`]. The directory remains as it was.
    pub async fn refresh(&self, abort: &AbortSignal) -> Result<bool, Failure> {
        let etag = self.etag.borrow().clone();
        match fetch_text(&self.platform, &self.url, etag.as_deref(), MAX_BUNDLE_BYTES, abort).await? {
            Fetched::NotModified => Ok(false),
            Fetched::Text { text, etag } => {
                let reader = self.reader.clone();
                let (directory, facilities) =
                    read(&self.platform, &self.url, &self.source, reader, &text, abort).await?;
                self.directory.replace(directory);
                self.etag.replace(etag);
                self.facilities.replace(facilities);
                Ok(true)
            }
        }
    }
}

/// Reads a Bundle, or fetches the brands of a list. Returns the URL of its facilities, too.
async fn read<P: Platform>(
    platform: &P,
    url: &Url,
    source: &Source,
    mut reader: DirectoryReader,
    text: &str,
    abort: &AbortSignal,
) -> Result<(Directory, Option<Url>), Failure> {
    let document = platform.parse(text).ok_or_else(|| invalid(url, "it is not JSON"))?;
    if document.member_text("resourceType").as_deref() == Some("Bundle") {
        reader.start(source.clone());
        reader.read_bundle(&document);
        return Ok((reader.finish(), None));
    }
    let file = |member: &str| {
        let name = document.member_text(member).ok_or_else(|| invalid(url, "it is neither a Bundle nor a list"))?;
        url.join(&name).map_err(|_| invalid(url, "the URL of a file of the list cannot be used"))
    };
    let (brands, facilities) = (file("index")?, file("places")?);
    match fetch_text(platform, &brands, None, MAX_LIST_BYTES, abort).await? {
        Fetched::Text { text, .. } => {
            let directory = Directory::read_brands(&text).map_err(|error| invalid_text(&brands, &error))?;
            Ok((directory, Some(facilities)))
        }
        Fetched::NotModified => Err(invalid(&brands, "the server returned no document")),
    }
}

fn invalid(url: &Url, problem: &str) -> Failure {
    DirectoryError::Invalid { url: url.without_query().as_str().into(), problem: problem.into() }.into()
}

fn invalid_text(url: &Url, error: &DirectoryTextError) -> Failure {
    invalid(url, &error.to_string())
}
