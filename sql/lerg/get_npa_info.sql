
  SELECT
    lerg.npa,
    CASE
      WHEN lerg.country_code IN ('US', 'CA') THEN lerg.state_province_name
      ELSE lerg.country_name
    END,
    CASE
      WHEN lerg.state_province_name = lerg.country_name THEN lerg.country_name
      ELSE lerg.state_province_name || ', ' || lerg.country_name
    END,
    CASE lerg.region
      WHEN 'US' THEN 'us-domestic'
      WHEN 'CA' THEN 'canadian'
      WHEN 'Caribbean' THEN 'caribbean'
      WHEN 'Pacific' THEN 'pacific'
      ELSE 'unknown'
    END,
    CASE WHEN lerg.region IS NULL THEN 0.5 ELSE 1.0 END
  FROM public.enhanced_lerg AS lerg
  WHERE lerg.npa = p_npa AND lerg.is_active
