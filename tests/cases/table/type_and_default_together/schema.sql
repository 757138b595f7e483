CREATE TABLE public.t (
  a int DEFAULT 0, b text DEFAULT 'x', c boolean NOT NULL DEFAULT false, d bigint NOT NULL GENERATED ALWAYS AS IDENTITY, e numeric
);
