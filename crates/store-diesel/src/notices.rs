//! Changes that a store notices, by topic.

use auth_core::{ChangeNotices, ChangeWatch};

/// What was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Topic {
    Feed,
    Keys,
    ResourceServers,
}

/// The notices of each topic.
#[derive(Clone, Debug, Default)]
pub(crate) struct Notices {
    feed: ChangeNotices,
    keys: ChangeNotices,
    resource_servers: ChangeNotices,
}

impl Topic {
    pub(crate) const ALL: [Self; 3] = [Self::Feed, Self::Keys, Self::ResourceServers];
}

impl Notices {
    pub(crate) fn watch(&self, topic: Topic) -> ChangeWatch {
        self.of(topic).watch()
    }

    pub(crate) fn notify(&self, topic: Topic) {
        self.of(topic).notify();
    }

    /// Whether the changes of every process are noticed from now on.
    pub(crate) fn set_live(&self, live: bool) {
        Topic::ALL.into_iter().for_each(|topic| self.of(topic).set_live(live));
    }

    fn of(&self, topic: Topic) -> &ChangeNotices {
        match topic {
            Topic::Feed => &self.feed,
            Topic::Keys => &self.keys,
            Topic::ResourceServers => &self.resource_servers,
        }
    }
}
