CREATE TABLE public.t (id int);
CREATE POLICY plain ON public.t USING (true);
CREATE POLICY told ON public.t USING (true);
CREATE POLICY retold ON public.t USING (true);
COMMENT ON POLICY told ON public.t IS 'It''s 100% "open" — \n {braces}, $$dollars$$';
COMMENT ON POLICY retold ON public.t IS 'as decided';
