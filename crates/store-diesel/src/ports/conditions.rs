//! What more than one query asks, as macros: the type of a query has no name worth writing down.

/// A record is live: neither it nor its session is revoked, and its owner is enabled and of its generation. For
/// queries over `tokens` alone.
macro_rules! live {
    () => {{
        let owner = accounts::table
            .filter(accounts::id.eq(tokens::subject))
            .filter(accounts::disabled_at.is_null())
            .filter(accounts::generation.eq(tokens::generation));
        tokens::revoked_at
            .is_null()
            .and(diesel::dsl::exists(owner))
            .and(session_not_revoked!())
    }};
}

/// The live records, with the role of their owner beside them.
macro_rules! live_with_rights {
    () => {
        tokens::table
            .inner_join(accounts::table)
            .left_join(
                roles::table.on(roles::realm
                    .eq(accounts::realm)
                    .and(roles::name.nullable().eq(accounts::role))),
            )
            .filter(tokens::revoked_at.is_null())
            .filter(accounts::disabled_at.is_null())
            .filter(accounts::generation.eq(tokens::generation))
            .filter(session_not_revoked!())
    };
}

/// The session of a record, if it belongs to one, is not revoked. One look for each record by the session's number: where this
/// is written with `NOT EXISTS`, PostgreSQL may first collect all revoked sessions there are.
macro_rules! session_not_revoked {
    () => {{
        use crate::schema::parents;
        parents
            .filter(parents.field(tokens::id).nullable().eq(tokens::parent))
            .select(parents.field(tokens::revoked_at))
            .single_value()
            .is_null()
    }};
}

/// A record whose token may be accepted without the record being read, and without an end of its own: only the feed
/// can revoke it, so its revocation stays in the feed for ever.
macro_rules! ends_with_the_feed {
    () => {
        tokens::expires_at.is_null().and(tokens::digest.is_null())
    };
}

/// A record to which nothing belongs.
macro_rules! leaf {
    () => {{
        use crate::schema::children;
        let own = children.filter(children.field(tokens::parent).eq(tokens::id.nullable()));
        diesel::dsl::not(diesel::dsl::exists(own))
    }};
}
