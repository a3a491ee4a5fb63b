//! An error's code, section of the standard and HTTP status.

use super::Error;

impl Error {
    /// A stable code for programs, such as `state_mismatch`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Configuration(_) => "invalid_configuration",
            Self::UnknownServer { .. } => "unknown_server",
            Self::UntrustedIssuer { .. } => "untrusted_issuer",
            Self::LaunchLink { .. } => "invalid_launch_link",
            Self::Url { .. } => "invalid_url",
            Self::InsecureUrl { .. } => "insecure_url",
            Self::ForeignUrl { .. } => "foreign_url",
            Self::Redirected { .. } => "redirected",
            Self::Discovery { .. } => "discovery_failed",
            Self::PkceUnsupported => "pkce_unsupported",
            Self::ReservedParameter { .. } => "reserved_parameter",
            Self::AuthorizationTooLong => "authorization_too_long",
            Self::MaxAgeUnsupported => "max_age_unsupported",
            Self::Scope { .. } => "invalid_scope",
            Self::StateMismatch => "state_mismatch",
            Self::CallbackReplayed => "callback_replayed",
            Self::Callback { .. } => "invalid_callback",
            Self::Authorization(error) if error.error == "access_denied" => "access_denied",
            Self::Authorization(_) => "authorization_failed",
            Self::Token(error) if error.error == "invalid_grant" => "invalid_grant",
            Self::Token(error) if error.error == "invalid_client" => "invalid_client",
            Self::Token(_) => "token_request_failed",
            Self::TokenResponse { .. } => "invalid_token_response",
            Self::Introspection(_) => "introspection_failed",
            Self::Revocation(_) => "revocation_failed",
            Self::IdToken(_) => "invalid_id_token",
            Self::Network { .. } => "network",
            Self::Timeout { .. } => "timeout",
            Self::Aborted => "aborted",
            Self::ClientAuthentication { .. } => "client_authentication_failed",
            Self::SessionExpired => "session_expired",
            Self::SignedOut => "signed_out",
            Self::NotOffered { .. } => "not_offered",
            Self::PastedToken { .. } => "invalid_access_token",
            Self::UserInfo { .. } => "invalid_user_info",
            Self::RegistrationOff { .. } => "registration_off",
            Self::Registration(_) => "registration_failed",
            Self::RegistrationResponse { .. } => "invalid_registration_response",
            Self::KeepUnsupported { .. } => "keep_unsupported",
            Self::KeepRefused { .. } => "keep_refused",
            Self::KeyMissing => "key_missing",
            Self::NoPatient => "no_patient",
            Self::PatientChanged => "patient_changed",
            Self::Fhir(error) => error.code(),
            Self::NotJson { .. } => "not_json",
            Self::Content { .. } => "invalid_content",
            Self::Reference { .. } => "invalid_reference",
            #[cfg(feature = "serde")]
            Self::Shape { .. } => "unexpected_shape",
            Self::HiddenHeader { .. } => "hidden_header",
            Self::BatchResponse { .. } => "invalid_batch_response",
            Self::NotGranted { .. } => "not_granted",
            Self::PageCycle => "page_cycle",
            Self::Export { .. } => "export_failed",
            Self::ExportCancelled => "export_cancelled",
            Self::BadLine { .. } => "bad_line",
            Self::FileOutcome { .. } => "file_failed",
            Self::Count { .. } => "count_mismatch",
            Self::Directory(error) => error.code(),
            Self::Hub(error) => error.code(),
            #[cfg(feature = "udap")]
            Self::Udap(error) => error.code(),
            Self::MessagingUnavailable { .. } => "messaging_unavailable",
            Self::AppState { .. } => "invalid_app_state",
            Self::StateConflict { .. } => "conflict",
            Self::WebSocketUnavailable => "websocket_unavailable",
            Self::Storage => "storage_unavailable",
            Self::Entropy => "entropy_unavailable",
            Self::Navigation => "navigation_unavailable",
            Self::PopupBlocked => "popup_blocked",
            Self::PopupClosed => "popup_closed",
            Self::CallerObject { .. } => "internal_error",
        }
    }

    /// What happened, where, and what to do next.
    pub fn message(&self) -> String {
        self.to_string()
    }

    /// The section of the standard that the error rests on, if there is one.
    pub fn section(&self) -> Option<&'static str> {
        Some(match self {
            Self::Discovery { .. } => "SMART App Launch 2.2, conformance",
            Self::IdToken(_) => "OpenID Connect Core section 3.1.3.7",
            Self::SessionExpired => "RFC 6749 section 6",
            Self::UntrustedIssuer { .. } | Self::LaunchLink { .. } => "SMART App Launch 2.2, launch app: EHR launch",
            Self::InsecureUrl { .. } => "RFC 6749 section 3.1",
            Self::ForeignUrl { .. } | Self::Redirected { .. } => "RFC 6750 section 5.3",
            Self::PkceUnsupported => "RFC 7636 section 4.2",
            Self::AuthorizationTooLong => "RFC 9110 section 4.1",
            Self::MaxAgeUnsupported => "OpenID Connect Core section 3.1.2.1",
            Self::Scope { .. } | Self::NotGranted { .. } => "SMART App Launch 2.2, scopes and launch context",
            Self::StateMismatch | Self::CallbackReplayed => "RFC 6749 section 10.12",
            Self::Callback { .. } => "RFC 6749 section 4.1.2",
            Self::Authorization(_) => "RFC 6749 section 4.1.2.1",
            Self::Token(_) => "RFC 6749 section 5.2",
            Self::TokenResponse { .. } => "RFC 6749 section 5.1",
            Self::Introspection(_) => "RFC 7662 section 2.3",
            Self::Revocation(_) => "RFC 7009 section 2.2",
            Self::ClientAuthentication { .. } => "SMART App Launch 2.2, asymmetric authentication",
            Self::Fhir(_) | Self::NotJson { .. } | Self::HiddenHeader { .. } | Self::BatchResponse { .. } => {
                "FHIR R4, RESTful API"
            }
            Self::Content { .. } => "FHIR R4, Binary",
            Self::Reference { .. } => "FHIR R4, references",
            Self::Export { .. }
            | Self::ExportCancelled
            | Self::BadLine { .. }
            | Self::FileOutcome { .. }
            | Self::Count { .. } => "Bulk Data Access 2.0, export",
            Self::PastedToken { .. } => "RFC 6750 section 2.1",
            Self::UserInfo { .. } => "OpenID Connect Core section 5.3",
            Self::RegistrationOff { .. } => "RFC 7591 section 3",
            Self::Registration(_) => "RFC 7591 section 3.2.2",
            Self::RegistrationResponse { .. } => "RFC 7591 section 3.2.1",
            Self::KeepRefused { .. } => "RFC 7523 section 2.1",
            Self::MessagingUnavailable { .. } => "SMART Web Messaging, request parameters",
            Self::AppState { .. } | Self::StateConflict { .. } => "SMART App Launch 2.2, app state",
            Self::Hub(error) => error.section(),
            #[cfg(feature = "udap")]
            Self::Udap(error) => error.section(),
            _ => return None,
        })
    }

    /// The HTTP status of the response that caused the error, if any.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Authorization(error) | Self::Token(error) | Self::Registration(error) => error.status,
            Self::TokenResponse { status, .. }
            | Self::NotJson { status, .. }
            | Self::UserInfo { status, .. }
            | Self::RegistrationResponse { status, .. } => Some(*status),
            Self::Hub(error) => error.status(),
            #[cfg(feature = "udap")]
            Self::Udap(error) => error.status(),
            Self::StateConflict { .. } => Some(412),
            Self::Fhir(error) => Some(error.status),
            Self::Introspection(refused) | Self::Revocation(refused) => Some(refused.status),
            _ => None,
        }
    }
}
