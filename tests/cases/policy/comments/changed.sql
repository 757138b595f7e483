COMMENT ON POLICY plain ON public.t IS 'added by hand';
COMMENT ON POLICY told ON public.t IS NULL;
COMMENT ON POLICY retold ON public.t IS 'otherwise';
ALTER POLICY retold ON public.t USING (id > 0);
