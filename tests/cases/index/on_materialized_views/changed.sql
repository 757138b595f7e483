DROP INDEX public.of_view;
DROP INDEX public.of_partitions;
