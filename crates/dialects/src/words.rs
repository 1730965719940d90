//! What the dialects say to their clients, in the two languages of their documents.
//!
//! A sentence is chosen by the refusal alone: it never repeats what the client sent, and never says what failed
//! inside.

use std::borrow::Cow;

use crate::field::{Fault, FieldError, Limit};
use crate::refusal::Refusal;

/// The sentence in English.
pub(crate) fn english(refusal: &Refusal) -> Cow<'static, str> {
    Cow::Borrowed(match refusal {
        Refusal::Malformed => "The request body is malformed.",
        Refusal::Field(error) => return Cow::Owned(english_field(error)),
        Refusal::WrongCredentials | Refusal::UnknownUser => "The provided credentials were incorrect.",
        Refusal::NotAuthenticated { .. } => "A valid token is required.",
        Refusal::Forbidden => "The token does not permit this.",
        Refusal::NotFound => "There is nothing here.",
        Refusal::MethodNotAllowed { .. } => "This method is not allowed here.",
        Refusal::TooLarge => "The request body is too large.",
        Refusal::UnsupportedMediaType => "The media type of the request body is not supported.",
        Refusal::Throttled { .. } => "Too many failed attempts. Try again later.",
        Refusal::Busy { .. } => "The server is busy. Try again later.",
        Refusal::Timeout => "The request took too long to arrive.",
        Refusal::Internal => "An internal error occurred.",
        Refusal::Unavailable { .. } => "The service is temporarily unavailable.",
    })
}

/// The sentence in Spanish.
pub(crate) fn spanish(refusal: &Refusal) -> Cow<'static, str> {
    Cow::Borrowed(match refusal {
        Refusal::Malformed => "El cuerpo de la petición no es válido.",
        Refusal::Field(error) => return Cow::Owned(spanish_field(error)),
        Refusal::WrongCredentials | Refusal::UnknownUser => "Credenciales inválidas.",
        Refusal::NotAuthenticated { .. } => "Se requiere un token válido.",
        Refusal::Forbidden => "El token no permite esta acción.",
        Refusal::NotFound => "Aquí no hay nada.",
        Refusal::MethodNotAllowed { .. } => "Este método no está permitido aquí.",
        Refusal::TooLarge => "El cuerpo de la petición es demasiado grande.",
        Refusal::UnsupportedMediaType => "El tipo de contenido de la petición no está soportado.",
        Refusal::Throttled { .. } => "Demasiados intentos fallidos. Inténtalo más tarde.",
        Refusal::Busy { .. } => "El servidor está ocupado. Inténtalo más tarde.",
        Refusal::Timeout => "La petición tardó demasiado en llegar.",
        Refusal::Internal => "Ocurrió un error interno.",
        Refusal::Unavailable { .. } => "El servicio no está disponible por el momento.",
    })
}

fn english_field(FieldError { field, fault }: &FieldError) -> String {
    match fault {
        Fault::Missing => format!("The field '{field}' is missing."),
        Fault::NotText => format!("The field '{field}' must be a string."),
        Fault::NotInteger => format!("The field '{field}' must be an integer."),
        Fault::NotObject => format!("The field '{field}' must be an object."),
        Fault::Blank => format!("The field '{field}' must not be empty."),
        Fault::TooLong(Limit::Bytes(max)) => format!("The field '{field}' may have at most {max} bytes."),
        Fault::TooLong(Limit::Characters(max)) => format!("The field '{field}' may have at most {max} characters."),
        Fault::ControlCharacter => format!("The field '{field}' must not contain control characters."),
        Fault::NotAnEmail => format!("The field '{field}' must be an e-mail address."),
        Fault::NotPositive => format!("The field '{field}' must be greater than zero."),
        Fault::Conflict => format!("The field '{field}' contradicts another field."),
    }
}

fn spanish_field(FieldError { field, fault }: &FieldError) -> String {
    match fault {
        Fault::Missing => format!("Falta el campo '{field}'."),
        Fault::NotText => format!("El campo '{field}' debe ser una cadena."),
        Fault::NotInteger => format!("El campo '{field}' debe ser un número entero."),
        Fault::NotObject => format!("El campo '{field}' debe ser un objeto."),
        Fault::Blank => format!("El campo '{field}' no puede estar vacío."),
        Fault::TooLong(Limit::Bytes(max)) => format!("El campo '{field}' admite como máximo {max} bytes."),
        Fault::TooLong(Limit::Characters(max)) => format!("El campo '{field}' admite como máximo {max} caracteres."),
        Fault::ControlCharacter => format!("El campo '{field}' no puede contener caracteres de control."),
        Fault::NotAnEmail => format!("El campo '{field}' debe ser una dirección de correo electrónico."),
        Fault::NotPositive => format!("El campo '{field}' debe ser mayor que cero."),
        Fault::Conflict => format!("El campo '{field}' contradice a otro campo."),
    }
}
