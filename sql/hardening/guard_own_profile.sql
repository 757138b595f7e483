
DECLARE
  -- What users tell of themselves. The rest, with whatever columns are still to come, is the service's.
  own CONSTANT text[] := ARRAY['updated_at', 'user_agent', 'signup_method'];
  changed text;
BEGIN
{%- if administrators %}
  IF (auth.jwt() -> 'app_metadata' ->> 'role') = 'admin' THEN
    RETURN new;
  END IF;
{%- endif %}
  SELECT string_agg(value.key, ', ' ORDER BY value.key) INTO changed
  FROM jsonb_each(to_jsonb(new)) AS value
  WHERE value.value IS DISTINCT FROM to_jsonb(old) -> value.key AND value.key <> ALL (own);

  IF changed IS NOT NULL THEN
    RAISE insufficient_privilege USING
      MESSAGE = format('users may not change %s of their profile', changed);
  END IF;
  RETURN new;
END;
