DROP TRIGGER logged ON public.log;
