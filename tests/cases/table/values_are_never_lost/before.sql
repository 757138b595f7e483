CREATE TYPE public.mood AS ENUM ('sad', 'happy');
CREATE TABLE public.t (price numeric, name text, mood text, at timestamptz, number bigint, "it's" text);
INSERT INTO public.t VALUES (1.005, 'longer than five', 'angry', '2025-01-01 12:00', 5000000000, 'é');
