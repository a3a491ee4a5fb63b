//! Tasks that ask a user to launch an app.

use crate::client::fhir::RequestOptions;
use crate::client::fhir::response::Value;
use crate::client::session::Session;
use crate::error::Failure;
use crate::fhir::launch_task::{LaunchTask, launch_codes};
use crate::platform::Platform;

impl<P: Platform> Session<P> {
    /// Searches for the tasks that ask a user to launch an app (SMART App Launch 2.2, task profile for requesting SMART launch), with these
    /// additional parameters, and reads all pages. Tasks with another code are left out, even if the server returns them.
    ///
    /// ```no_run
    /// # use smartrust::{Failure, Session, abort::AbortSignal, platform::Platform};
    /// # async fn example<P: Platform>(session: &Session<P>) -> Result<(), Failure> {
    /// let whose = ("patient".to_owned(), session.patient().unwrap_or_default());
    /// let open = ("status".to_owned(), "requested".to_owned());
    /// for task in session.launch_tasks(&[whose, open], &AbortSignal::never()).await? {
    ///     println!("{:?}: {:?} for {:?}", task.kind, task.url, task.patient);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Session::search`].
    pub async fn launch_tasks(
        &self,
        parameters: &[(String, String)],
        options: impl Into<RequestOptions>,
    ) -> Result<Vec<LaunchTask<Value<P>>>, Failure> {
        let code = ("code".to_owned(), launch_codes());
        let search = self.search("Task", &[&[code], parameters].concat(), options)?;
        let allow_insecure_http = self.inner.connection.server.record.allow_insecure_http;
        let mut tasks = Vec::new();
        while let Some(page) = search.next_page().await? {
            tasks.extend(page.resources.iter().filter_map(|task| LaunchTask::read(task, allow_insecure_http)));
        }
        Ok(tasks)
    }
}
