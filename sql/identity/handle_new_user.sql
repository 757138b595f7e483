
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
