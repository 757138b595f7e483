CREATE TABLE public.told (a int, b int, c int);
CREATE TABLE public.untold (a int);
COMMENT ON TABLE public.told IS E'two\nlines, it''s 100% {ok} \\ "quoted" größe 🔑';
COMMENT ON COLUMN public.told.a IS 'first';
COMMENT ON COLUMN public.told.b IS 'second';
