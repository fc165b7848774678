-- What a PostgreSQL database may have beside Django's tables.
CREATE SCHEMA audit;
CREATE TABLE audit.entries (
    "at" timestamp with time zone DEFAULT now() NOT NULL,
    actor integer REFERENCES public.shop_customer (id),
    "key" character varying(40) NOT NULL CHECK ("key" <> 'a; b, (c'),
    payload jsonb,
    amount numeric(8, 2) DEFAULT 0,
    CONSTRAINT entries_once UNIQUE NULLS NOT DISTINCT (actor, "key") INCLUDE (amount)
);
CREATE INDEX entries_latest ON audit.entries ("at" DESC NULLS LAST, actor);
CREATE INDEX entries_payload ON audit.entries USING gin (payload jsonb_path_ops);
CREATE INDEX entries_open ON audit.entries (actor) WHERE payload ->> 'state' = 'open; or so' AND amount > 0;
CREATE INDEX entries_folded ON audit.entries (lower("key"), (amount * 2));
CREATE INDEX entries_key_hash ON audit.entries USING hash ("key");
CREATE INDEX entries_actor ON audit.entries (actor);
CREATE INDEX "Mixed Case" ON audit.entries (amount) INCLUDE (payload);
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE INDEX product_name_trigrams ON shop_product USING gin (upper(name) gin_trgm_ops);
CREATE TABLE measured (at date NOT NULL, site integer NOT NULL, value real, PRIMARY KEY (at, site))
    PARTITION BY RANGE (at);
CREATE TABLE measured_2026 PARTITION OF measured FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE INDEX measured_site ON measured (site);
CREATE VIEW cheap AS SELECT id, name FROM shop_product WHERE price < 10;
CREATE MATERIALIZED VIEW sold AS SELECT product_id, count(*) AS lines FROM shop_orderline GROUP BY 1;
CREATE UNIQUE INDEX sold_product ON sold (product_id);
CREATE FUNCTION audit.note() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    -- CREATE TABLE nothing (id int);
    INSERT INTO audit.entries ("key") VALUES ('it''s; CREATE INDEX wrong ON shop_order (note)');
    RETURN NEW;
END;
$body$;
CREATE TRIGGER noted AFTER INSERT ON shop_order FOR EACH ROW EXECUTE FUNCTION audit.note();
