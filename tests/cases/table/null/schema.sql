CREATE TABLE public.t (a int, b int NOT NULL, c int, d int NOT NULL);
