//! SMART scopes, versions 1 and 2 (SMART App Launch 2.2, scopes and launch context).

mod grant;
mod set;
mod wording;

use std::fmt;

pub use grant::ScopeGrant;
pub use set::ScopeSet;

/// The context of a resource scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Context {
    /// One patient's.
    Patient,
    /// All that the user may see.
    User,
    /// All that the client may see.
    System,
}

/// What a scope permits: any of create, read, update, delete and search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permissions {
    bits: u8,
}

impl Permissions {
    /// Making resources (`c`).
    pub const CREATE: Self = Self { bits: 1 };
    /// Reading a resource by its id (`r`).
    pub const READ: Self = Self { bits: 2 };
    /// Changing resources (`u`).
    pub const UPDATE: Self = Self { bits: 4 };
    /// Removing resources (`d`).
    pub const DELETE: Self = Self { bits: 8 };
    /// Searching (`s`).
    pub const SEARCH: Self = Self { bits: 16 };
    const LETTERS: [(char, Self); 5] =
        [('c', Self::CREATE), ('r', Self::READ), ('u', Self::UPDATE), ('d', Self::DELETE), ('s', Self::SEARCH)];

    /// Reads `rs`, or version 1's `read`, `write` and `*`. Letters out of the order `cruds` are no permissions.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "read" => return Some(Self::READ.and(Self::SEARCH)),
            "write" => return Some(Self::CREATE.and(Self::UPDATE).and(Self::DELETE)),
            "*" => return Self::parse("cruds"),
            _ => {}
        }
        let mut permissions = Self { bits: 0 };
        for letter in text.bytes() {
            let (_, permission) = Self::LETTERS.iter().find(|(known, _)| *known == char::from(letter))?;
            if permission.bits <= permissions.bits {
                return None;
            }
            permissions = permissions.and(*permission);
        }
        (permissions.bits != 0).then_some(permissions)
    }

    /// Both together.
    pub const fn and(self, other: Self) -> Self {
        Self { bits: self.bits | other.bits }
    }

    /// Whether all of `other` is in it.
    pub const fn covers(self, other: Self) -> bool {
        self.bits & other.bits == other.bits
    }

    const fn meets(self, other: Self) -> bool {
        self.bits & other.bits != 0
    }
}

/// A scope for resources, such as `patient/Observation.rs?category=laboratory`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceScope {
    /// The context.
    pub context: Context,
    /// The resource type; `None` for `*`, every type.
    pub resource_type: Option<String>,
    /// The permissions.
    pub permissions: Permissions,
    /// The search that narrows it, without its question mark.
    pub constraint: Option<String>,
}

impl ResourceScope {
    /// Reads a scope such as `patient/Observation.rs`, and as servers without slashes in their scopes write it, such as Azure's
    /// `patient.Observation.read`. A URL may precede it, as in
    /// `https://fhir.example/patient.Observation.read`.
    fn parse(text: &str) -> Option<Self> {
        let (path, constraint) = match text.split_once('?') {
            Some((path, constraint)) if constraint.contains('=') => (path, Some(constraint)),
            Some(_) => return None,
            None => (text, None),
        };
        if !path.contains("://") {
            return match path.split_once('/') {
                Some((context, rest)) => Self::of(context, rest, constraint),
                None => Self::of_dotted(path, constraint),
            };
        }
        let (before, last) = path.rsplit_once('/')?;
        let (_, context) = before.rsplit_once('/')?;
        Self::of_dotted(last, constraint).or_else(|| Self::of(context, last, constraint))
    }

    fn of_dotted(text: &str, constraint: Option<&str>) -> Option<Self> {
        let (context, rest) = text.split_once('.')?;
        match rest.split_once('.') {
            Some(("all", permissions)) => Self::of(context, &format!("*.{permissions}"), constraint),
            _ => Self::of(context, rest, constraint),
        }
    }

    fn of(context: &str, rest: &str, constraint: Option<&str>) -> Option<Self> {
        let context = match context {
            "patient" => Context::Patient,
            "user" => Context::User,
            "system" => Context::System,
            _ => return None,
        };
        let (resource_type, permissions) = rest.split_once('.')?;
        let resource_type = match resource_type {
            "*" => None,
            name if is_resource_type(name) => Some(name.to_owned()),
            _ => return None,
        };
        let (permissions, constraint) = (Permissions::parse(permissions)?, constraint.map(str::to_owned));
        Some(Self { context, resource_type, permissions, constraint })
    }

    /// The scope in the words of version 2.
    fn to_text(&self) -> String {
        let context = match self.context {
            Context::Patient => "patient",
            Context::User => "user",
            Context::System => "system",
        };
        let letters = Permissions::LETTERS.iter().filter(|(_, permission)| self.permissions.covers(*permission));
        let letters: String = letters.map(|(letter, _)| *letter).collect();
        let resource_type = self.resource_type.as_deref().unwrap_or("*");
        let constraint = self.constraint.as_ref().map(|constraint| format!("?{constraint}")).unwrap_or_default();
        format!("{context}/{resource_type}.{letters}{constraint}")
    }

    /// Whether everything that `other` allows is allowed by this one.
    pub fn covers(&self, other: &Self) -> bool {
        self.reaches(other) && self.permissions.covers(other.permissions)
    }

    /// Whether there can be a resource that both are about.
    fn meets(&self, other: &Self) -> bool {
        let constrains_alike =
            self.constraint.is_none() || other.constraint.is_none() || self.constraint == other.constraint;
        let types = (&self.resource_type, &other.resource_type);
        self.context == other.context
            && constrains_alike
            && (types.0.is_none() || types.1.is_none() || types.0 == types.1)
            && self.permissions.meets(other.permissions)
    }

    fn reaches(&self, other: &Self) -> bool {
        self.context == other.context
            && (self.resource_type.is_none() || self.resource_type == other.resource_type)
            && (self.constraint.is_none() || self.constraint == other.constraint)
    }
}

/// A scope that requests a resource in the launch context, such as `launch/imagingstudy` (SMART App Launch 2.2, scopes for
/// requesting context data).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LaunchScope<'a> {
    /// The resource type in lower case, such as `imagingstudy`.
    pub resource_type: &'a str,
    /// The URI of the role that the resource has for the app; `None` means the role `launch`.
    pub role: Option<&'a str>,
}

impl<'a> LaunchScope<'a> {
    fn parse(written: &'a str) -> Option<Self> {
        let scope = written.strip_prefix("launch/")?;
        let (resource_type, role) = match scope.split_once('?') {
            // A scope has at most one role.
            Some((resource_type, query)) => match query.strip_prefix("role=")? {
                role if role.is_empty() || role.contains('&') => return None,
                role => (resource_type, Some(role)),
            },
            None => (scope, None),
        };
        let is_type = !resource_type.is_empty() && resource_type.bytes().all(|byte| byte.is_ascii_lowercase());
        is_type.then_some(Self { resource_type, role })
    }
}

/// Whether a string has the shape of a FHIR resource type's name.
pub fn is_resource_type(name: &str) -> bool {
    name.as_bytes().first().is_some_and(u8::is_ascii_uppercase) && name.bytes().all(|byte| byte.is_ascii_alphabetic())
}

/// One scope, as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    written: String,
    resource: Option<ResourceScope>,
}

impl Scope {
    /// Wraps one scope. Scopes that are not resource scopes are compared as strings.
    pub fn new(written: &str) -> Self {
        Self { written: written.to_owned(), resource: ResourceScope::parse(written) }
    }

    /// The scope as it was written.
    pub fn as_str(&self) -> &str {
        &self.written
    }

    /// The resource scope; `None` for `openid`, `launch` and the like.
    pub fn resource(&self) -> Option<&ResourceScope> {
        self.resource.as_ref()
    }

    /// The scope for a resource in the launch context, if it is one.
    ///
    /// ```
    /// use smartrust::protocol::scope::Scope;
    ///
    /// let scope = Scope::new("launch/list?role=https://ehr.example/at-home");
    /// let launch = scope.launch().expect("a launch scope");
    /// assert_eq!((launch.resource_type, launch.role), ("list", Some("https://ehr.example/at-home")));
    /// ```
    pub fn launch(&self) -> Option<LaunchScope<'_>> {
        LaunchScope::parse(&self.written)
    }

    /// Whether it has the syntax of a standard: for resources, for a launch, for the user's identity, for a lasting
    /// session.
    pub fn is_known(&self) -> bool {
        const PLAIN: [&str; 11] = [
            "messaging/ui",
            "messaging/scratchpad",
            "openid",
            "fhirUser",
            "profile",
            "email",
            "address",
            "phone",
            "offline_access",
            "online_access",
            "launch",
        ];
        self.resource.is_some()
            || PLAIN.contains(&&*self.written)
            || self.launch().is_some()
            || self.fhircast().is_some()
    }

    /// The scope in the syntax of version 2, if it is a resource scope of version 1.
    ///
    /// ```
    /// use smartrust::protocol::scope::Scope;
    ///
    /// assert_eq!(Scope::new("patient/Observation.read").from_version_1().as_deref(), Some("patient/Observation.rs"));
    /// assert_eq!(Scope::new("patient/Observation.rs").from_version_1(), None);
    /// ```
    pub fn from_version_1(&self) -> Option<String> {
        let is_version_1 = [".read", ".write", ".*"].iter().any(|ending| self.written.ends_with(ending));
        self.resource.as_ref().filter(|_| is_version_1).map(ResourceScope::to_text)
    }

    fn differs_in_permissions_alone(&self, other: &Self) -> bool {
        match (&self.resource, &other.resource) {
            (Some(own), Some(other)) => {
                own.context == other.context
                    && own.resource_type == other.resource_type
                    && own.constraint == other.constraint
            }
            _ => false,
        }
    }

    /// The union of both, unchanged if one of them covers the other.
    fn merged_with(&self, other: &Self) -> Self {
        let (Some(own), Some(added)) = (&self.resource, &other.resource) else { return self.clone() };
        if own.permissions.covers(added.permissions) {
            return self.clone();
        }
        if added.permissions.covers(own.permissions) {
            return other.clone();
        }
        let both = ResourceScope { permissions: own.permissions.and(added.permissions), ..own.clone() };
        Self { written: both.to_text(), resource: Some(both) }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.written)
    }
}

#[cfg(test)]
mod tests;
