ALTER TABLE public.t ADD CONSTRAINT told UNIQUE (a), ADD CONSTRAINT untold CHECK (a > 0), ADD CONSTRAINT retold CHECK (a < 9);
COMMENT ON CONSTRAINT told ON public.t IS 'it''s "so"';
COMMENT ON CONSTRAINT retold ON public.t IS 'once';
