ALTER TABLE public.t ALTER a TYPE varchar(10), ALTER k TYPE numeric(12, 4), ALTER q TYPE timestamptz, ALTER aq TYPE text,
  ALTER an TYPE text[], ALTER h TYPE bigint, ALTER c TYPE varchar(3), ALTER at TYPE text;
