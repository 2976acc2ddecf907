-- +goose Up
-- Texts by locale, as catalogue.Texts. What is missing is shown in the catalogue's
-- own language.
ALTER TABLE products ADD translations jsonb NOT NULL DEFAULT '{}';
ALTER TABLE categories ADD translations jsonb NOT NULL DEFAULT '{}';
ALTER TABLE brands ADD translations jsonb NOT NULL DEFAULT '{}';
