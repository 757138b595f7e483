GRANT ALL ON public.shown TO anon;
GRANT SELECT ON public.stored TO anon, authenticated;
