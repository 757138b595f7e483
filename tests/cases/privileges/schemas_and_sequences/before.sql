CREATE SCHEMA private;
CREATE SCHEMA "Order";
CREATE SEQUENCE private.numbers;
CREATE SEQUENCE public."Numbers";
