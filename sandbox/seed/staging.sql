-- Staging as the environment comparison found it, which is what production is to become. Run by postgres, who owns it all.
-- Where the comparison is silent, docs/assumptions.md tells what was chosen and why. Rows: staging/*.csv.

-- profiles: one row for each user -------------------------------------------------------------------------------------

CREATE TABLE public.profiles (
  id uuid NOT NULL,
  role text NOT NULL DEFAULT 'user',
  plan_expires_at timestamptz,
  stripe_customer_id text,
  subscription_status text,
  created_at timestamptz DEFAULT now(),
  updated_at timestamptz DEFAULT now(),
  email text,
  subscription_id text,
  current_period_start timestamptz,
  current_period_end timestamptz,
  cancel_at timestamptz,
  canceled_at timestamptz,
  last_payment_date timestamptz,
  total_uploads integer DEFAULT 0,
  cancel_at_period_end boolean DEFAULT false,
  billing_period text,
  CONSTRAINT profiles_pkey PRIMARY KEY (id),
  CONSTRAINT profiles_id_fkey FOREIGN KEY (id) REFERENCES auth.users (id) ON DELETE CASCADE,
  CONSTRAINT profiles_role_check CHECK (role IN ('user', 'admin')),
  CONSTRAINT profiles_billing_period_check CHECK (billing_period IN ('monthly', 'annual'))
);

COMMENT ON TABLE public.profiles IS 'Migration 20250930171728: Subscription simplification in progress';
COMMENT ON COLUMN public.profiles.billing_period IS
  'Billing period for Accelerator Plan: monthly ($99) or annual ($999). NULL for trials.';
COMMENT ON COLUMN public.profiles.total_uploads IS
  'Total upload count for admin analytics (no limit enforcement). Incremented on each upload.';

CREATE INDEX idx_profiles_billing_period ON public.profiles (billing_period) WHERE billing_period IS NOT NULL;
CREATE INDEX idx_profiles_role ON public.profiles (role) WHERE role = 'admin';
CREATE INDEX idx_profiles_total_uploads ON public.profiles (total_uploads DESC);

ALTER TABLE public.profiles ENABLE ROW LEVEL SECURITY;

CREATE POLICY simple_select_policy ON public.profiles
  FOR SELECT TO authenticated
  USING (auth.uid() = id OR auth.role() = 'service_role');
CREATE POLICY simple_update_policy ON public.profiles
  FOR UPDATE TO authenticated
  USING (auth.uid() = id OR auth.role() = 'service_role');
CREATE POLICY consolidated_insert_policy ON public.profiles
  FOR INSERT TO authenticated
  WITH CHECK (auth.uid() = id OR auth.role() = 'service_role');
CREATE POLICY consolidated_delete_policy ON public.profiles
  FOR DELETE TO authenticated
  USING (auth.role() = 'service_role');

-- Sign-up and email -----------------------------------------------------------------------------------------------------

CREATE FUNCTION public.handle_new_user() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path TO 'public'
AS $function$
BEGIN
  INSERT INTO public.profiles (id, role, plan_expires_at, billing_period, subscription_status)
  VALUES (
    new.id,
    'user',
    NOW() + INTERVAL '7 days',
    NULL,
    'trial'
  );
  RETURN new;
END;
$function$;

-- Left from the time of two triggers; no trigger calls it any more.
CREATE FUNCTION public.handle_new_user_trial() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
AS $function$
BEGIN
  INSERT INTO public.profiles (id, plan_expires_at, subscription_status)
  VALUES (new.id, '2025-07-31 23:59:59 UTC', 'trial')
  ON CONFLICT (id) DO UPDATE
  SET plan_expires_at = EXCLUDED.plan_expires_at,
      subscription_status = EXCLUDED.subscription_status;
  RETURN new;
END;
$function$;

CREATE FUNCTION public.sync_email_to_profiles() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path TO 'public'
AS $function$
BEGIN
  UPDATE public.profiles
  SET email = NEW.email
  WHERE id = NEW.id;
  RETURN NEW;
END;
$function$;

CREATE TRIGGER on_auth_user_created
  AFTER INSERT ON auth.users
  FOR EACH ROW
  EXECUTE FUNCTION public.handle_new_user();

CREATE TRIGGER sync_email_on_user_update
  AFTER UPDATE ON auth.users
  FOR EACH ROW
  WHEN (OLD.email IS DISTINCT FROM NEW.email)
  EXECUTE FUNCTION public.sync_email_to_profiles();

-- enhanced_lerg: 450 area codes ---------------------------------------------------------------------------------------

CREATE TABLE public.enhanced_lerg (
  npa varchar(3) NOT NULL,
  country_code varchar(2) NOT NULL,
  country_name varchar(100) NOT NULL,
  state_province_code varchar(2) NOT NULL,
  state_province_name varchar(100) NOT NULL,
  region varchar(50),
  notes text,
  created_at timestamptz DEFAULT CURRENT_TIMESTAMP,
  updated_at timestamptz DEFAULT CURRENT_TIMESTAMP,
  is_active boolean DEFAULT true,
  CONSTRAINT enhanced_lerg_pkey PRIMARY KEY (npa),
  CONSTRAINT valid_npa CHECK (npa ~ '^[0-9]{3}$'),
  CONSTRAINT valid_country_code CHECK (country_code ~ '^[A-Z]{2}$'),
  CONSTRAINT valid_state_code CHECK (state_province_code ~ '^[A-Z]{2}$')
);

CREATE INDEX idx_enhanced_lerg_active ON public.enhanced_lerg (is_active) WHERE is_active = true;
CREATE INDEX idx_enhanced_lerg_country ON public.enhanced_lerg (country_code);
CREATE INDEX idx_enhanced_lerg_state ON public.enhanced_lerg (state_province_code);

ALTER TABLE public.enhanced_lerg ENABLE ROW LEVEL SECURITY;

CREATE POLICY "Allow authenticated read access" ON public.enhanced_lerg
  FOR SELECT TO authenticated USING (is_active = true);
CREATE POLICY "Allow service role full access" ON public.enhanced_lerg
  FOR ALL TO service_role USING (true) WITH CHECK (true);

CREATE FUNCTION public.update_updated_at_column() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path TO 'public'
AS $function$
BEGIN
  NEW.updated_at = NOW();
  RETURN NEW;
END;
$function$;

CREATE TRIGGER update_enhanced_lerg_updated_at
  BEFORE UPDATE ON public.enhanced_lerg
  FOR EACH ROW
  EXECUTE FUNCTION public.update_updated_at_column();

-- One row for a known, active area code; none for any other.
CREATE FUNCTION public.get_npa_info(p_npa varchar)
RETURNS TABLE (npa varchar, display_location text, full_location text, category text, confidence_score numeric)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path TO 'public'
AS $function$
  SELECT
    lerg.npa,
    CASE
      WHEN lerg.country_code IN ('US', 'CA') THEN lerg.state_province_name
      ELSE lerg.country_name
    END,
    CASE
      WHEN lerg.state_province_name = lerg.country_name THEN lerg.country_name
      ELSE lerg.state_province_name || ', ' || lerg.country_name
    END,
    CASE lerg.region
      WHEN 'US' THEN 'us-domestic'
      WHEN 'CA' THEN 'canadian'
      WHEN 'Caribbean' THEN 'caribbean'
      WHEN 'Pacific' THEN 'pacific'
      ELSE 'unknown'
    END,
    CASE WHEN lerg.region IS NULL THEN 0.5 ELSE 1.0 END
  FROM public.enhanced_lerg AS lerg
  WHERE lerg.npa = p_npa AND lerg.is_active
$function$;

-- active_sessions: who is signed in where ---------------------------------------------------------------------------

CREATE TABLE public.active_sessions (
  id uuid NOT NULL DEFAULT gen_random_uuid(),
  user_id uuid,
  session_token text NOT NULL,
  created_at timestamptz DEFAULT now(),
  last_heartbeat timestamptz DEFAULT now(),
  user_agent text,
  ip_address inet,
  browser_info jsonb,
  is_active boolean DEFAULT true,
  CONSTRAINT active_sessions_pkey PRIMARY KEY (id),
  CONSTRAINT active_sessions_session_token_key UNIQUE (session_token),
  CONSTRAINT active_sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.profiles (id) ON DELETE CASCADE
);

CREATE INDEX idx_active_sessions_user_id ON public.active_sessions (user_id);

ALTER TABLE public.active_sessions ENABLE ROW LEVEL SECURITY;

CREATE POLICY "Users can manage own sessions" ON public.active_sessions
  FOR ALL TO authenticated USING (user_id = auth.uid());

CREATE FUNCTION public.cleanup_stale_sessions() RETURNS void
LANGUAGE sql SECURITY DEFINER
AS $function$
  DELETE FROM active_sessions
  WHERE last_heartbeat < NOW() - INTERVAL '5 minutes';
$function$;

-- Uploads ---------------------------------------------------------------------------------------------------------------

CREATE FUNCTION public.increment_upload_count(p_user_id uuid, p_file_count integer)
RETURNS TABLE (success boolean, total_uploads integer, message text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path TO 'public'
AS $function$
DECLARE
  counted integer;
BEGIN
  UPDATE public.profiles AS profile
  SET total_uploads = COALESCE(profile.total_uploads, 0) + p_file_count
  WHERE profile.id = p_user_id
  RETURNING profile.total_uploads INTO counted;

  IF NOT FOUND THEN
    RETURN QUERY SELECT false, 0, 'User not found';
    RETURN;
  END IF;
  RETURN QUERY SELECT true, counted, 'Upload count updated';
END;
$function$;

-- The monthly counters went with the tiers: nothing is left to reset, and total_uploads must never be.
CREATE FUNCTION public.reset_monthly_uploads() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path TO 'public'
AS $function$
BEGIN
  RAISE NOTICE 'There are no monthly upload counters to reset';
END;
$function$;
