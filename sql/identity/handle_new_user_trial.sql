
BEGIN
  INSERT INTO public.profiles (id, plan_expires_at, subscription_status)
  VALUES (new.id, '2025-07-31 23:59:59 UTC', 'trial')
  ON CONFLICT (id) DO UPDATE
  SET plan_expires_at = EXCLUDED.plan_expires_at,
      subscription_status = EXCLUDED.subscription_status;
  RETURN new;
END;
