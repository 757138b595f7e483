ALTER TABLE public.t DISABLE TRIGGER origin;
ALTER TABLE public.t ENABLE TRIGGER replica;
ALTER TABLE public.t ENABLE TRIGGER disabled;
COMMENT ON TRIGGER origin ON public.t IS 'off for the import';
COMMENT ON TRIGGER always ON public.t IS NULL;
