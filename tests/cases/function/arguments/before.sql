CREATE TYPE public."Mood, or so" AS ENUM ('a');
CREATE TABLE public.t (id int);
