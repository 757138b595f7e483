CREATE UNIQUE INDEX of_view ON public.m (id);
CREATE INDEX of_partitions ON public.p (id DESC);
