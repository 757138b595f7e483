UPDATE public.profiles p SET email = u.email
FROM auth.users u
WHERE u.id = p.id AND p.id IN (
  SELECT p.id FROM public.profiles p JOIN auth.users u ON u.id = p.id
  WHERE p.email IS DISTINCT FROM u.email LIMIT 1000
)
