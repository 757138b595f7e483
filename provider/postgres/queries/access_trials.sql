-- Makes every trial of the setting access.trials and leaves their outcomes in access.outcomes. All of it runs on the
-- server: to ask for each of them would keep the sampled rows locked for the length of a thousand round trips.
DO $trials$
DECLARE
  trial jsonb;
  outcome text;
  outcomes jsonb := '[]';
  row_under_trial refcursor := 'row_under_trial';
  prepared boolean;
  touched bigint;
  changed boolean;
  changes_before jsonb;
BEGIN
  FOR trial IN SELECT jsonb_array_elements(current_setting('access.trials')::jsonb) LOOP
    prepared := false;
    BEGIN
      IF trial ? 'prepare' THEN
        EXECUTE trial ->> 'prepare';
      END IF;
      IF trial ? 'row' THEN
        OPEN row_under_trial FOR EXECUTE trial ->> 'row';
        MOVE NEXT FROM row_under_trial;
      END IF;
      SELECT jsonb_object_agg(relid, jsonb_build_array(n_tup_ins, n_tup_upd, n_tup_del)) INTO changes_before
      FROM pg_stat_xact_user_tables WHERE trial ? 'calls';
      prepared := true;
      PERFORM set_config('request.jwt.claims', trial ->> 'claims', true), set_config('role', trial ->> 'role', true);
      BEGIN
        EXECUTE trial ->> 'run';
        GET DIAGNOSTICS touched = ROW_COUNT;
      EXCEPTION WHEN insufficient_privilege THEN
        IF NOT trial ? 'otherwise' THEN
          RAISE;
        END IF;
        EXECUTE trial ->> 'otherwise';
        GET DIAGNOSTICS touched = ROW_COUNT;
      END;
      PERFORM set_config('role', 'none', true);
      outcome := CASE WHEN touched > 0 OR trial ? 'empty' THEN 'allowed' ELSE 'no row' END;
      IF touched > 0 AND trial ? 'verify' THEN
        EXECUTE trial ->> 'verify' INTO changed;
        IF NOT changed THEN
          outcome := 'ignored';
        END IF;
      END IF;
      IF trial ? 'calls' THEN
        SELECT concat_ws(', ', outcome, string_agg(concat_ws(' ', verb, format('%I.%I', t.schemaname, t.relname)), ', '
          ORDER BY t.schemaname, t.relname, verb)) INTO outcome
        FROM pg_stat_xact_user_tables t,
        LATERAL (VALUES (0, 'inserts into', t.n_tup_ins), (1, 'updates', t.n_tup_upd), (2, 'deletes from', t.n_tup_del))
          AS change(place, verb, after)
        WHERE change.after > coalesce((changes_before -> t.relid::text ->> change.place)::bigint, 0);
      END IF;
      -- Undoes the trial.
      RAISE EXCEPTION USING ERRCODE = 'UNDO0';
    EXCEPTION
      WHEN SQLSTATE 'UNDO0' THEN NULL;
      WHEN insufficient_privilege THEN
        outcome := CASE WHEN prepared THEN 'denied' ELSE 'untried ' || SQLSTATE END;
      -- A constraint is only asked about what access control has let through.
      WHEN integrity_constraint_violation THEN
        outcome := CASE WHEN prepared THEN 'allowed' ELSE 'untried ' || SQLSTATE END;
      WHEN OTHERS THEN
        outcome := CASE WHEN prepared THEN 'stopped ' ELSE 'untried ' END || SQLSTATE;
    END;
    outcomes := outcomes || to_jsonb(outcome);
  END LOOP;
  PERFORM set_config('access.outcomes', outcomes::text, true);
END
$trials$
