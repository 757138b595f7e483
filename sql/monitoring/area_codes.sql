SELECT country_code AS country, coalesce(region, 'none') AS region, count(*) AS codes,
  count(*) FILTER (WHERE is_active IS NOT TRUE) AS inactive
FROM public.enhanced_lerg GROUP BY 1, 2
