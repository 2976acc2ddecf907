-- +goose Up
ALTER TABLE variants ADD COLUMN tax_class text NOT NULL DEFAULT 'STANDARD';
ALTER TABLE variants ADD CONSTRAINT variants_tax_class_is_known CHECK (tax_class IN ('STANDARD', 'REDUCED', 'BOOKS', 'FOOD', 'ZERO'));
