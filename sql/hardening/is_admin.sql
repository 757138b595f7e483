
  -- By the database: a token tells what was so at the last sign-in.
  SELECT EXISTS (
    SELECT FROM public.profiles AS profile JOIN auth.users AS account USING (id)
    WHERE profile.id = auth.uid() AND profile.role = 'admin'
      AND coalesce(account.banned_until < now(), true) AND account.deleted_at IS NULL
  )
