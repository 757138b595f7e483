UPDATE public.profiles SET role = 'user'
WHERE id IN (SELECT id FROM public.profiles WHERE role IS NULL LIMIT 1000)
