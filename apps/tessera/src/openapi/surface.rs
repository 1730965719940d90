//! Everything that is mounted, in the order in which it is shown.

use auth_core::Lifetime;
use dialects::description::{Credentials, Operation};

use super::carrier::Carrier;
use crate::config::Flavour;
use crate::http::{FixedRoute, Routes};

/// The group of what belongs to no flavour. It is no flavour's name: these have lower case only.
const SERVER: &str = "Server";

/// What one server answers.
#[derive(Debug)]
pub(crate) struct Surface {
    /// Where clients reach it, without a slash at the end.
    pub(super) base: String,
    pub(super) groups: Vec<Group>,
}

/// The endpoints of one flavour, or of the server itself.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) name: String,
    pub(super) about: String,
    pub(super) endpoints: Vec<Mounted>,
}

/// One method of one path.
#[derive(Debug)]
pub(super) struct Mounted {
    /// In upper case.
    pub(super) method: &'static str,
    pub(super) path: String,
    /// Unique in the document.
    pub(super) id: String,
    /// `None`: its dialect does not describe it.
    pub(super) operation: Option<Operation>,
    /// The ways to authenticate, one of which is needed; none: it needs no authentication.
    pub(super) ways: Vec<Way>,
}

/// One way to authenticate.
#[derive(Debug)]
pub(super) enum Way {
    /// In headers: the way, and whose token it is.
    Headers(Carrier, String),
    /// In the body.
    Body,
}

/// A flavour with its routes.
#[derive(Debug)]
pub(crate) struct MountedFlavour<'a> {
    pub(crate) flavour: &'a Flavour,
    pub(crate) routes: &'a Routes,
}

impl Surface {
    /// What these flavours and paths are, at the public address `base`. `own` are paths that are added to the fixed ones.
    pub(crate) fn new(
        base: &str,
        flavours: &[MountedFlavour<'_>],
        fixed: &[FixedRoute],
        own: &[(&'static str, Operation)],
    ) -> Self {
        let tokens: Vec<Way> = flavours.iter().flat_map(|one| ways_of(one.flavour)).collect();
        let groups = flavours.iter().map(of_flavour);
        let mut server = Group {
            name: SERVER.into(),
            about: "What belongs to no flavour.".into(),
            endpoints: Vec::new(),
        };
        let fixed = fixed
            .iter()
            .map(|route| (route.path(), route.methods(), route.operation()));
        let own = own.iter().map(|(path, operation)| (*path, &["GET"][..], operation));
        for (path, methods, operation) in fixed.chain(own) {
            for method in methods {
                server.endpoints.push(Mounted {
                    method,
                    path: path.into(),
                    id: id(SERVER, method, path),
                    ways: ways(operation, SERVER, &tokens),
                    operation: Some(operation.clone()),
                });
            }
        }
        Self {
            base: base.trim_end_matches('/').to_owned(),
            groups: groups.chain([server]).collect(),
        }
    }
}

fn of_flavour(one: &MountedFlavour<'_>) -> Group {
    let flavour = one.flavour;
    let tokens: Vec<Way> = ways_of(flavour).collect();
    let mounted = flavour.dialect.endpoints().iter().map(|endpoint| {
        let described = one.routes.operations().iter().find(|(at, _)| at == endpoint);
        let operation = described.map(|(_, operation)| operation.clone());
        Mounted {
            method: endpoint.method,
            path: endpoint.path(&flavour.path),
            id: id(&flavour.name, endpoint.method, endpoint.suffix),
            ways: operation
                .as_ref()
                .map_or(Vec::new(), |operation| ways(operation, &flavour.name, &tokens)),
            operation,
        }
    });
    Group {
        name: flavour.name.clone(),
        about: about(flavour),
        endpoints: mounted.collect(),
    }
}

fn about(flavour: &Flavour) -> String {
    let realm = flavour.realm.as_ref().map_or_else(
        || "Its clients belong to organisations.".to_owned(),
        |realm| format!("Its accounts are those of the realm {}.", realm.as_str()),
    );
    let lifetime = match flavour.lifetime {
        Lifetime::Limited(lifetime) => format!("A token is valid for {} seconds.", lifetime.as_secs()),
        _ => "A token is valid until it is revoked.".to_owned(),
    };
    format!(
        "The {} dialect over {} tokens. {realm} {lifetime}",
        flavour.dialect_name, flavour.strategy_name
    )
}

/// The ways in which a flavour takes its tokens.
fn ways_of(flavour: &Flavour) -> impl Iterator<Item = Way> {
    let carriers = Carrier::all(flavour.carriers());
    carriers
        .into_iter()
        .map(|carrier| Way::Headers(carrier, flavour.name.clone()))
}

fn ways(operation: &Operation, group: &str, tokens: &[Way]) -> Vec<Way> {
    let one = |credentials: &Credentials| match credentials {
        Credentials::Token => tokens.iter().map(Way::copy).collect(),
        Credentials::ClientInHeader => vec![Way::Headers(Carrier::Client, group.to_owned())],
        Credentials::ClientInBody => vec![Way::Body],
        // A kind of a later version: not described, so not offered.
        _ => Vec::new(),
    };
    operation.credentials.iter().flat_map(one).collect()
}

impl Way {
    fn copy(&self) -> Self {
        match self {
            Self::Headers(carrier, of) => Self::Headers(*carrier, of.clone()),
            Self::Body => Self::Body,
        }
    }
}

/// A name for programs that are made from the document, such as `device.post-create`.
fn id(group: &str, method: &str, path: &str) -> String {
    let words = path
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty());
    let words: Vec<&str> = words.collect();
    let tail = [&[method.to_ascii_lowercase().as_str()], words.as_slice()]
        .concat()
        .join("-");
    format!("{}.{tail}", group.to_ascii_lowercase())
}
