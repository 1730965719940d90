//! The tables, as `diesel print-schema` prints them. Both databases hold the same: numbers and times are `BigInt`,
//! lists and objects are JSON text.

diesel::table! {
    accounts (id) {
        id -> BigInt,
        realm -> Text,
        login -> Text,
        login_folded -> Nullable<Text>,
        alias -> Nullable<Text>,
        alias_folded -> Nullable<Text>,
        role -> Nullable<Text>,
        generation -> BigInt,
        disabled_at -> Nullable<BigInt>,
        attributes -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    passwords (account_id) {
        account_id -> BigInt,
        hash -> Text,
        changed_at -> BigInt,
    }
}

diesel::table! {
    organisations (id) {
        id -> BigInt,
        name -> Text,
        subdomain -> Text,
        utc_offset_seconds -> BigInt,
    }
}

diesel::table! {
    consumers (key) {
        key -> Text,
        organisation_id -> BigInt,
        token_digest -> Binary,
        disabled -> Bool,
        created_at -> BigInt,
        previous_digest -> Nullable<Binary>,
        previous_until -> Nullable<BigInt>,
    }
}

diesel::table! {
    consumer_clients (consumer_key, account_id) {
        consumer_key -> Text,
        account_id -> BigInt,
        since -> BigInt,
    }
}

diesel::table! {
    resource_servers (id) {
        id -> Text,
        secret_digest -> Binary,
        previous_digest -> Nullable<Binary>,
        previous_until -> Nullable<BigInt>,
        flavours -> Nullable<Text>,
        disabled -> Bool,
        created_at -> BigInt,
    }
}

diesel::table! {
    roles (realm, name) {
        realm -> Text,
        name -> Text,
        permissions -> Text,
    }
}

diesel::table! {
    tokens (id) {
        id -> BigInt,
        parent -> Nullable<BigInt>,
        flavour -> Text,
        realm -> Text,
        subject -> BigInt,
        generation -> BigInt,
        scopes -> Text,
        label -> Nullable<Text>,
        digest -> Nullable<Binary>,
        salt -> Nullable<Binary>,
        key_digest -> Nullable<Binary>,
        shared -> Bool,
        refresh_selector -> Nullable<Binary>,
        refresh_current -> Nullable<Binary>,
        refresh_previous -> Nullable<Binary>,
        refresh_sealed -> Nullable<Binary>,
        refresh_lineage -> Nullable<Binary>,
        refresh_rotations -> Nullable<BigInt>,
        refresh_rotated_at -> Nullable<BigInt>,
        issued_at -> BigInt,
        expires_at -> Nullable<BigInt>,
        last_used_at -> Nullable<BigInt>,
        revoked_at -> Nullable<BigInt>,
        idle_ms -> Nullable<BigInt>,
        ends_at -> Nullable<BigInt>,
        line -> Nullable<BigInt>,
        made_from -> Nullable<BigInt>,
    }
}

diesel::table! {
    imported_accounts (realm, source_id) {
        realm -> Text,
        source_id -> Text,
        account_id -> BigInt,
    }
}

diesel::table! {
    imported_tokens (digest) {
        digest -> Text,
        flavour -> Text,
        token_id -> BigInt,
        number -> Nullable<BigInt>,
        forget_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    feed (sequence) {
        sequence -> BigInt,
        kind -> Text,
        token_id -> Nullable<BigInt>,
        subject -> Nullable<BigInt>,
        generation -> Nullable<BigInt>,
        until -> BigInt,
        at -> BigInt,
    }
}

diesel::table! {
    vault (name) {
        name -> Text,
        purpose -> Text,
        sealed -> Binary,
        created_at -> BigInt,
        activates_at -> BigInt,
        retires_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    meta (name) {
        name -> Text,
        value -> Binary,
    }
}

diesel::table! {
    audit_entries (sequence) {
        sequence -> BigInt,
        written_by -> BigInt,
        at -> BigInt,
        event -> Text,
        outcome -> Text,
        actor -> Text,
        command -> Nullable<Text>,
        source -> Nullable<Text>,
        request -> Nullable<Text>,
        realm -> Nullable<Text>,
        flavour -> Nullable<Text>,
        subject -> Nullable<BigInt>,
        token -> Nullable<BigInt>,
        detail -> Nullable<Text>,
    }
}

diesel::table! {
    audit_seals (number) {
        number -> BigInt,
        at -> BigInt,
        entries -> BigInt,
        settled -> BigInt,
        floor -> BigInt,
        highest -> BigInt,
        links -> Binary,
        previous -> Binary,
        mac -> Binary,
    }
}

diesel::table! {
    audit_marks (name) {
        name -> Text,
        number -> BigInt,
        entries -> BigInt,
        settled -> BigInt,
        floor -> BigInt,
        highest -> BigInt,
        at -> BigInt,
        mac -> Binary,
        proof -> Binary,
    }
}

diesel::joinable!(consumer_clients -> accounts (account_id));
diesel::joinable!(consumer_clients -> consumers (consumer_key));
diesel::joinable!(consumers -> organisations (organisation_id));
diesel::joinable!(passwords -> accounts (account_id));
diesel::joinable!(tokens -> accounts (subject));

diesel::allow_tables_to_appear_in_same_query!(
    accounts,
    audit_entries,
    audit_marks,
    audit_seals,
    consumer_clients,
    consumers,
    feed,
    imported_accounts,
    imported_tokens,
    meta,
    organisations,
    passwords,
    resource_servers,
    roles,
    tokens,
    vault,
);

// Other names for the same table, for queries that look at a record's session or at what belongs to it.
diesel::alias!(tokens as parents: Parents, tokens as children: Children);
