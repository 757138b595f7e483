
BEGIN
  INSERT INTO public.profiles (id, role, plan_expires_at, user_agent, signup_method, subscription_status)
  VALUES (
    new.id,
    'user',
    '2025-05-23 23:59:59 UTC',
    new.raw_user_meta_data ->> 'user_agent',
    COALESCE(new.raw_app_meta_data ->> 'provider', 'email'),
    'trial'
  );
  RETURN new;
END;
