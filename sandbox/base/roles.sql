-- Supabase's roles and what they may do. One set for the whole server; passwords are set after this file, never in it.
-- Run by supabase_admin, the server's one superuser.

-- Whom the API acts as, after a request's token has been checked.
CREATE ROLE anon NOLOGIN INHERIT;
CREATE ROLE authenticated NOLOGIN INHERIT;
CREATE ROLE service_role NOLOGIN INHERIT BYPASSRLS;

-- Whom the API connects as; it is nobody until it takes one of the three roles above.
CREATE ROLE authenticator LOGIN NOINHERIT;
GRANT anon, authenticated, service_role TO authenticator WITH INHERIT FALSE;

-- The sign-up service, which owns everything in schema auth.
CREATE ROLE supabase_auth_admin LOGIN NOINHERIT CREATEROLE;

CREATE ROLE dashboard_user NOLOGIN CREATEDB CREATEROLE REPLICATION;

-- The project's owner: no superuser.
CREATE ROLE postgres LOGIN CREATEDB CREATEROLE REPLICATION BYPASSRLS;
GRANT anon, authenticated, service_role, authenticator TO postgres WITH ADMIN TRUE, INHERIT TRUE;
GRANT pg_monitor, pg_read_all_data, pg_signal_backend TO postgres WITH ADMIN TRUE, INHERIT TRUE;
GRANT pg_create_subscription TO postgres;

ALTER ROLE supabase_admin SET search_path TO "$user", public, auth, extensions;
ALTER ROLE postgres SET search_path TO "$user", public, extensions;
ALTER ROLE supabase_auth_admin SET search_path TO auth;
ALTER ROLE supabase_auth_admin SET idle_in_transaction_session_timeout TO '60s';
ALTER ROLE anon SET statement_timeout TO '3s';
ALTER ROLE authenticated SET statement_timeout TO '8s';
ALTER ROLE authenticator SET statement_timeout TO '8s';
ALTER ROLE authenticator SET lock_timeout TO '8s';

-- The sandbox's own: a preview must work for a role that can write nothing. BYPASSRLS, so that no row is hidden from it.
CREATE ROLE sandbox_reader LOGIN BYPASSRLS;
GRANT pg_read_all_data TO sandbox_reader;
ALTER ROLE sandbox_reader SET default_transaction_read_only TO on;

-- The same without BYPASSRLS: a reader that must be told when policies hide rows from it.
CREATE ROLE sandbox_reader_limited LOGIN;
GRANT pg_read_all_data TO sandbox_reader_limited;
ALTER ROLE sandbox_reader_limited SET default_transaction_read_only TO on;
