COMMENT ON CONSTRAINT told ON public.t IS NULL;
COMMENT ON CONSTRAINT untold ON public.t IS 'x';
COMMENT ON CONSTRAINT retold ON public.t IS 'twice';
