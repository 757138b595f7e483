SELECT count(*) FROM public.profiles p JOIN auth.users u ON u.id = p.id WHERE p.email IS DISTINCT FROM u.email
