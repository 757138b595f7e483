CREATE TABLE public.invoices (tenant uuid, owner_email text, level int);
ALTER TABLE public.invoices ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON public.invoices FOR SELECT
  USING (tenant = ((auth.jwt() -> 'app_metadata') ->> 'tenant')::uuid);
CREATE POLICY verified ON public.invoices AS RESTRICTIVE FOR ALL TO authenticated
  USING ((SELECT (auth.jwt() ->> 'aal')) = 'aal2');
CREATE POLICY by_email ON public.invoices FOR DELETE TO authenticated
  USING (lower(owner_email) = lower(auth.email()) AND coalesce((auth.jwt() #>> '{user_metadata,level}')::int, 0) >= level);
CREATE POLICY service ON public.invoices FOR ALL TO public
  USING ((SELECT auth.role()) = 'service_role') WITH CHECK ((SELECT auth.role()) = 'service_role');
