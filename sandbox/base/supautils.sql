-- Supabase's extension supautils gives postgres one right on a table it doesn't own: it may drop the triggers of
-- auth.users (creating them takes only the TRIGGER privilege, which it has). Plain Postgres knows no such grant. So here
-- postgres inherits the owner's rights, without being able to become the owner, and event triggers refuse everything
-- that Supabase would refuse. Run by supabase_admin.

GRANT supabase_auth_admin TO postgres WITH INHERIT TRUE, SET FALSE;

CREATE FUNCTION extensions.auth_refusal(object_type text, identity text) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
  RAISE insufficient_privilege USING MESSAGE = format('must be owner of %s %s', object_type, identity);
END
$$;

CREATE FUNCTION extensions.guard_auth_ddl() RETURNS event_trigger
LANGUAGE plpgsql
AS $$
DECLARE
  command record;
BEGIN
  IF session_user <> 'postgres' THEN
    RETURN;
  END IF;
  FOR command IN
    SELECT c.object_type, c.object_identity
    FROM pg_event_trigger_ddl_commands() AS c
    CROSS JOIN LATERAL pg_identify_object_as_address(c.classid, c.objid, c.objsubid) AS address
    WHERE (c.schema_name = 'auth' OR address.object_names[1] = 'auth')
      AND c.command_tag <> 'CREATE TRIGGER'
  LOOP
    PERFORM extensions.auth_refusal(command.object_type, command.object_identity);
  END LOOP;
END
$$;

CREATE FUNCTION extensions.guard_auth_drop() RETURNS event_trigger
LANGUAGE plpgsql
AS $$
DECLARE
  dropped record;
BEGIN
  IF session_user <> 'postgres' THEN
    RETURN;
  END IF;
  FOR dropped IN
    SELECT d.object_type, d.object_identity
    FROM pg_event_trigger_dropped_objects() AS d
    WHERE (d.schema_name = 'auth' OR d.address_names[1] = 'auth')
      AND d.object_type <> 'trigger'
  LOOP
    PERFORM extensions.auth_refusal(dropped.object_type, dropped.object_identity);
  END LOOP;
END
$$;

-- Of a GRANT or REVOKE, event triggers learn no object: the privileges before and after it are compared. What postgres
-- grants by its own grant option (SELECT on auth.users) is not counted: Supabase lets it.
CREATE FUNCTION extensions.auth_privileges() RETURNS text
LANGUAGE sql STABLE
AS $$
  SELECT md5(string_agg(concat_ws(' ', acl.object, item.grantor, item.grantee, item.privilege_type, item.is_grantable),
                        ',' ORDER BY acl.object, item.grantor, item.grantee, item.privilege_type))
  FROM (
    SELECT 'schema' AS object, nspacl AS items FROM pg_namespace WHERE nspname = 'auth'
    UNION ALL
    SELECT 'class ' || oid, relacl FROM pg_class WHERE relnamespace = 'auth'::regnamespace
    UNION ALL
    SELECT 'column ' || attrelid || '.' || attnum, attacl FROM pg_attribute
    JOIN pg_class ON pg_class.oid = attrelid AND relnamespace = 'auth'::regnamespace
    UNION ALL
    SELECT 'function ' || oid, proacl FROM pg_proc WHERE pronamespace = 'auth'::regnamespace
    UNION ALL
    SELECT 'default ' || oid, defaclacl FROM pg_default_acl WHERE defaclrole = 'supabase_auth_admin'::regrole
  ) AS acl
  CROSS JOIN LATERAL aclexplode(acl.items) AS item
  WHERE item.grantor <> 'postgres'::regrole
$$;

CREATE FUNCTION extensions.guard_auth_grant_start() RETURNS event_trigger
LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM set_config('sandbox.auth_privileges', extensions.auth_privileges(), true);
END
$$;

CREATE FUNCTION extensions.guard_auth_grant_end() RETURNS event_trigger
LANGUAGE plpgsql
AS $$
BEGIN
  IF session_user = 'postgres'
    AND current_setting('sandbox.auth_privileges', true) IS DISTINCT FROM extensions.auth_privileges() THEN
    PERFORM extensions.auth_refusal('schema', 'auth');
  END IF;
END
$$;

CREATE EVENT TRIGGER guard_auth_ddl ON ddl_command_end EXECUTE FUNCTION extensions.guard_auth_ddl();
CREATE EVENT TRIGGER guard_auth_drop ON sql_drop EXECUTE FUNCTION extensions.guard_auth_drop();
CREATE EVENT TRIGGER guard_auth_grant_start ON ddl_command_start
  WHEN TAG IN ('GRANT', 'REVOKE', 'ALTER DEFAULT PRIVILEGES')
  EXECUTE FUNCTION extensions.guard_auth_grant_start();
CREATE EVENT TRIGGER guard_auth_grant_end ON ddl_command_end
  WHEN TAG IN ('GRANT', 'REVOKE', 'ALTER DEFAULT PRIVILEGES')
  EXECUTE FUNCTION extensions.guard_auth_grant_end();
