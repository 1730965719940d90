CREATE TABLE roles (
    realm       TEXT COLLATE "C" NOT NULL,
    name        TEXT COLLATE "C" NOT NULL,
    -- A JSON array of names, in order.
    permissions TEXT NOT NULL,
    PRIMARY KEY (realm, name)
);
