-- Without the subselect the function runs for every row: the same rows, another predicate.
ALTER POLICY service ON public.invoices USING (auth.role() = 'service_role');
