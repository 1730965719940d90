CREATE TABLE roles (
    realm       TEXT NOT NULL,
    name        TEXT NOT NULL,
    -- A JSON array of names, in order.
    permissions TEXT NOT NULL,
    PRIMARY KEY (realm, name)
);
