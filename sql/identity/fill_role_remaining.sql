SELECT count(*) FROM public.profiles WHERE role IS NULL
