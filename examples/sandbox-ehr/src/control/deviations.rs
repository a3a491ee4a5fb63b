//! Deviations from the protocol: responses of an attacker or of a compromised server.

use serde::Deserialize;

use super::Control;

/// One departure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Deviation {
    /// A new key signs from here on, and is the only one that is published.
    KeysRotated,
    /// No signature, and `alg` is `none`.
    IdTokenAlgNone,
    /// HS256, with the public key as the shared secret.
    IdTokenHmac,
    /// Signed by a key that is not published, under the kid of the one that is.
    IdTokenBadSignature,
    IdTokenWrongNonce,
    IdTokenNoNonce,
    IdTokenWrongIssuer,
    IdTokenWrongAudience,
    /// The client, and somebody else besides.
    IdTokenExtraAudience,
    IdTokenNoSubject,
    IdTokenExpired,
    /// Valid from an hour ahead on.
    IdTokenNotYetValid,
    /// An empty string in the place of the ID token.
    IdTokenEmpty,
    /// Signed by an RSA key of 1024 bits, which `keys-short` publishes.
    IdTokenShortKey,
    /// The key of 1024 bits stands among the published ones.
    KeysShort,
    /// The published key says that it is for encrypting.
    KeysNotForVerifying,
    /// Before the published key, there is one with the same ID that cannot be imported.
    KeysUnimportable,
    /// The key set is an old copy, without the key that signs.
    KeysStale,
    /// The OpenID configuration is that of another issuer.
    OpenidOtherIssuer,
    /// The granted scopes have dots for slashes, as Azure writes them.
    ScopeWithDots,
    /// The granted scope is a URL without a meaning.
    ScopeUnknown,
    /// The patient of a token response is a path.
    PatientNoId,
    /// The access token has a line break and a header behind it.
    AccessTokenLineBreak,
    /// The access token's lifetime is longer than any date.
    LifetimeForever,
    /// The token endpoint refuses and repeats all that it was sent.
    TokenErrorRepeats,
    /// The FHIR API refuses and repeats the access token.
    FhirErrorRepeats,
    /// A header that must be understood, and cannot be.
    IdTokenUnknownCrit,
    /// Signed by a key that the header itself brings, by `jwk`, and by `jku` and `x5u` at `to`.
    IdTokenOwnKey,
    /// The token endpoint sends the request on to `to`.
    #[serde(rename = "token-redirect-307")]
    TokenRedirect307,
    #[serde(rename = "token-redirect-308")]
    TokenRedirect308,
    CodeAcceptedTwice,
    /// As if the code had been used before.
    CodeRefused,
    /// A client that has just registered its key gets `invalid_grant`, and no reason, for its first assertions.
    NewClientRefused,
    /// A refresh, or an assertion, gets the tokens of another patient.
    RefreshOtherPatient,
    /// The ID token of a refresh is another user's.
    RefreshOtherSubject,
    /// The next page of a search is at `to`.
    NextElsewhere,
    /// An export's status response is a 500 that is called transient.
    ExportTransient,
    /// A manifest counts one resource too many for each file.
    ExportMiscounted,
    /// The next page of a manifest is at `to`.
    ExportNextElsewhere,
    /// A file of resources ends after its first line by an OperationOutcome.
    ExportFileOutcome,
    /// A search's results come with a remark, in an entry of the mode `outcome`.
    SearchRemark,
    /// A search's results come with a remark, in an entry that names no mode.
    SearchRemarkWithoutMode,
    /// A page of a search begins with the last result of the page before.
    ResultRepeated,
    /// A read or search gets an OperationOutcome with status 200.
    #[serde(rename = "outcome-200")]
    Outcome200,
    /// A refused authorization says why with HTML.
    ErrorMarkup,
    /// The `iss` of RFC 9207 on the way back to the app.
    IssuerOnRedirect,
    /// Another server's.
    WrongIssuerOnRedirect,
}

impl Deviation {
    fn needs_address(self) -> bool {
        matches!(
            self,
            Self::IdTokenOwnKey
                | Self::TokenRedirect307
                | Self::TokenRedirect308
                | Self::NextElsewhere
                | Self::ExportNextElsewhere
        )
    }
}

/// Departures as they are ordered.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeviationOrder {
    /// They are met together or one by one, each where it can be.
    deviations: Vec<Deviation>,
    /// How often each is met.
    #[serde(default = "super::faults::once")]
    count: u32,
    /// The origin of another server, for those that lead there.
    to: Option<String>,
}

/// A departure that is still to happen.
#[derive(Clone, Debug)]
pub struct Ordered {
    deviation: Deviation,
    count: u32,
    to: Option<String>,
}

impl DeviationOrder {
    fn check(&self) -> Result<(), String> {
        if self.deviations.is_empty() || self.count == 0 {
            return Err("Name one deviation at least, and a count of 1 at least.".to_owned());
        }
        match self.deviations.iter().find(|deviation| deviation.needs_address() && self.to.is_none()) {
            Some(deviation) => Err(format!("{deviation:?} needs `to`, the origin that it leads to.")),
            None => Ok(()),
        }
    }
}

impl Control {
    pub(super) fn order_deviations(&self, order: DeviationOrder) -> Result<(), String> {
        order.check()?;
        let DeviationOrder { deviations, count, to } = order;
        let ordered = deviations.into_iter().map(|deviation| Ordered { deviation, count, to: to.clone() });
        self.state().deviations.extend(ordered);
        Ok(())
    }

    pub(super) fn clear_deviations(&self) {
        self.state().deviations.clear();
    }

    /// Whether this departure happens now; it is used up by that.
    pub fn meets(&self, deviation: Deviation) -> bool {
        self.take_deviation(deviation).is_some()
    }

    /// The origin that this departure leads to, if it happens now.
    pub fn detour(&self, deviation: Deviation) -> Option<String> {
        self.take_deviation(deviation)?.to
    }

    fn take_deviation(&self, deviation: Deviation) -> Option<Ordered> {
        let deviations = &mut self.state().deviations;
        let position = deviations.iter().position(|ordered| ordered.deviation == deviation)?;
        deviations[position].count -= 1;
        let ordered = deviations[position].clone();
        if ordered.count == 0 {
            deviations.remove(position);
        }
        Some(ordered)
    }
}
