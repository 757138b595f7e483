COMMENT ON TABLE public.told IS 'other';
COMMENT ON COLUMN public.told.a IS NULL;
COMMENT ON COLUMN public.told.b IS '2nd';
COMMENT ON COLUMN public.told.c IS 'third';
COMMENT ON TABLE public.untold IS 'told';
